/* Search: a field with a list of what is called so. Typing finds, arrow keys choose, Enter goes there. */

const MOST_HITS = 40;

class Search {
  /** `chosen(hit)` goes to {id, kind, title}. */
  constructor(chosen) {
    this.chosen = chosen;
    this.hits = [];
    this.at = -1;
    this.list = make("ul", { id: "hits", role: "listbox", "aria-label": say("search long"), hidden: true });
    this.input = make("input", { type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "hits",
      "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: say("search"),
      "aria-label": say("search long"), oninput: () => this.find(), onkeydown: (event) => this.#key(event),
      onfocus: () => this.find(), onblur: () => this.close() });
    this.element = make("div", { class: "search" }, this.input, this.list);
    this.things = [
      ...Object.keys(data.facts.nodes).filter((id) => data.facts.nodes[id].kind !== "module").map((id) => ({
        id, kind: "node", title: titleOf(id), more: (data.facts.nodes[id].name && data.facts.nodes[id].expression)
          || data.facts.modules[data.facts.nodes[id].module]?.path })),
      ...Object.entries(data.facts.modules).filter(([id]) => !id.includes(".")).map(([id, { path, kind }]) => ({
        id, kind: "module", title: path, more: kind }))];
    for (const thing of this.things) thing.text = `${thing.title}\n${thing.more ?? ""}`.toLowerCase();
  }

  get isOpen() {
    return !this.list.hidden;
  }

  find() {
    const wanted = this.input.value.trim().toLowerCase();
    if (!wanted) return this.close();
    const rank = ({ title, text }) => {
      const name = title.toLowerCase();
      return name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.includes(wanted) ? 2 : text.includes(wanted) ? 3 : 4;
    };
    const found = this.things.map((thing) => [rank(thing), thing]).filter(([by]) => by < 4);
    this.hits = found.sort(([a], [b]) => a - b).slice(0, MOST_HITS).map(([, thing]) => thing);
    this.list.replaceChildren(...this.hits.map((hit, i) => this.#item(hit, i)));
    const left = found.length - this.hits.length;
    const said = !found.length ? say("no hits") : found.length === 1 ? say("one hit") : say("hits", { n: found.length });
    if (!found.length || left) {
      const words = found.length ? say("more hits", { n: left }) : said;
      this.list.append(make("li", { class: "more", role: "option", "aria-disabled": "true" }, words));
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#choose(this.hits.length ? 0 : -1);
    announce(said);
    return undefined;
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  #item(hit, i) {
    return make("li", { id: `hit-${i}`, role: "option", "aria-selected": "false", onpointerdown: (event) => {
      event.preventDefault();
      this.#take(hit);
    } }, make("span", { class: "name" }, hit.kind === "module" ? make("code", {}, hit.title) : formula(hit.title)),
    hit.more ? make("span", { class: "more" }, hit.more) : null);
  }

  #choose(i) {
    this.at = i;
    [...this.list.children].forEach((each, k) => each.hasAttribute("aria-selected") && each.setAttribute("aria-selected", k === i));
    if (i < 0) return this.input.removeAttribute("aria-activedescendant");
    this.list.children[i].scrollIntoView({ block: "nearest" });
    return this.input.setAttribute("aria-activedescendant", `hit-${i}`);
  }

  #take(hit) {
    this.close();
    this.chosen(hit);
  }

  #key(event) {
    if (event.key === "Enter" && this.hits[this.at] && this.isOpen) this.#take(this.hits[this.at]);
    else if (event.key === "ArrowDown" && this.isOpen) this.#choose(Math.min(this.at + 1, this.hits.length - 1));
    else if (event.key === "ArrowUp" && this.isOpen) this.#choose(Math.max(this.at - 1, 0));
    else if (event.key === "Escape" && (this.isOpen || this.input.value)) {
      this.input.value = "";
      this.close();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
