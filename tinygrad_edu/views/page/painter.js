/* Painter: draws a graph as SVG. The page's own picture is the first state; others say what is elsewhere in them. */

const PLACES = new Set(["d", "x", "y", "cx", "cy", "width", "height", "transform"]);
const MARGIN = 8;                       // around the drawing, for outlines

class Painter {
  /** `svg` is the page's picture; its parts are kept as they are, and copied for each state. */
  constructor(svg, box) {
    this.svg = svg;
    this.box = box;
    this.first = new Map();
    this.parsed = new Map();
    svg.querySelectorAll(":scope > title, :scope > desc, :scope > rect").forEach((each) => each.remove());
    for (const name of ["role", "aria-labelledby", "id"]) svg.removeAttribute(name);
    svg.setAttribute("aria-hidden", "true");        // the box around it has the words
    svg.setAttribute("focusable", "false");
    this.drawn = svg.querySelector(".drawn");
    this.graph = this.drawn.querySelector(".graph");
    const titles = data.titles ?? {};              // those of a picture in a notebook are here, not in it
    for (const part of this.graph.children) {
      if (Object.hasOwn(titles, part.dataset.id)) part.prepend(this.#title(titles[part.dataset.id]));
      this.first.set(part.dataset.id, part);
    }
    this.drawn.replaceChildren(this.graph);
    this.graph.removeAttribute("transform");
  }

  show(state) {
    const [width, height] = state.size;
    const viewed = [-MARGIN, -MARGIN, width + 2 * MARGIN, height + 2 * MARGIN];
    this.svg.setAttribute("viewBox", viewed.join(" "));
    this.svg.setAttribute("width", viewed[2]);
    this.svg.setAttribute("height", viewed[3]);
    this.drawn.setAttribute("class", `drawn ${state.style} ${state.direction}`);
    const parts = state.parts ? state.parts.map((part) => this.#part(part)) : [...this.first.values()];
    this.graph.replaceChildren(...parts);
    this.parts = new Map(parts.map((part) => [part.dataset.id, part]));
    this.box.replaceChildren(this.svg);
    this.lit = [];
    return parts.filter((part) => part.classList.contains("edge")).map((part) => ({
      id: part.dataset.id, source: part.dataset.source, target: part.dataset.target,
      wanted: part.classList.contains("wanted") }));
  }

  /** While it is only moved, the browser keeps what it has drawn; after that, and when it is zoomed, letters are sharp. */
  place({ x, y, scale }) {
    clearTimeout(this.resting);
    this.svg.style.willChange = scale === this.scale ? "transform" : "auto";
    this.scale = scale;
    this.resting = setTimeout(() => { this.svg.style.willChange = "auto"; }, 300);
    this.svg.style.transform = `translate(${x - MARGIN * scale}px,${y - MARGIN * scale}px) scale(${scale})`;
  }

  /** The node, edge or module under the pointer: {id, kind, header}. */
  at(event) {
    const part = event.target.closest?.("[data-id]");
    if (!part || !this.graph.contains(part)) return null;
    const kind = ["node", "edge", "module"].find((each) => part.classList.contains(each));
    return { id: part.dataset.id, kind, header: !!event.target.closest(".fold") };
  }

  /** Lights some nodes and edges and lets the others fade; null lets nothing fade. */
  light(ids, chosen) {
    for (const part of this.lit) part.classList.remove("on", "lit");
    this.lit = ids ? [...ids].map((id) => this.parts.get(id)).filter(Boolean) : [];
    for (const part of this.lit) part.classList.add("on");
    const part = this.parts.get(chosen);
    if (part?.classList.contains("node")) {
      part.classList.add("lit");
      this.lit.push(part);
    }
    this.svg.classList.toggle("tracing", !!ids);
  }

  #part([id, like, changes = []]) {
    const part = (like < 0 ? this.first.get(id) : this.#template(like)).cloneNode(true);
    part.classList.remove("on", "lit");
    if (!changes.length) return part;
    const places = [];
    for (const element of [part, ...part.querySelectorAll("*")]) {
      for (const attribute of element.attributes) if (PLACES.has(attribute.name)) places.push(attribute);
    }
    for (let i = 0; i < changes.length; i += 2) places[changes[i]].value = changes[i + 1];
    return part;
  }

  #title(text) {
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = text;
    return title;
  }

  #template(i) {
    if (!this.parsed.has(i)) {
      const text = `<svg xmlns="http://www.w3.org/2000/svg">${data.templates[i]}</svg>`;
      const made = new DOMParser().parseFromString(text, "image/svg+xml");
      this.parsed.set(i, document.importNode(made.documentElement.firstElementChild, true));
    }
    return this.parsed.get(i);
  }
}
