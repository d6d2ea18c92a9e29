/* Graph: the page of a graph. Puts picture, controls and panel together, and knows what is chosen, lit and folded. */

class GraphPage {
  constructor(stage) {
    const still = stage.querySelector(".still");
    this.facts = data.facts;
    this.chosen = null;                     // the node that keys move from
    this.pointed = null;                    // the node or edge under the pointer
    this.narrow = matchMedia("(max-width: 640px)");
    this.build(stage, still);
    this.view = new View(this.box, () => this.draw());
    this.overview = new Overview(this.view, this.box);
    this.box.after(this.overview.element);
    this.svg = new Painter(still.querySelector("svg"), this.drawing);
    this.canvas = data.states.some((state) => state.shapes) ? new CanvasPainter(this.drawing) : null;
    if (data.states[0].shapes) this.svg.first.clear();      // the picture shows a part of the graph only
    this.listen();
    this.enter(data.states.find((state) => state.direction === this.direction) ?? data.states[0]);
    still.classList.add("taken");
    this.begin();
    if (!this.box.clientWidth) new ResizeObserver((_, all) => this.box.clientWidth && (all.disconnect(), this.begin())).observe(this.box);
  }

  get direction() {
    return this.narrow.matches ? "down" : data.states[0].direction;
  }

  // -- the page ------------------------------------------------------------------------------------------------------

  build(stage, still) {
    this.search = new Search((hit) => this.goTo(hit));
    this.drawing = make("div", { class: "drawing" });
    this.ring = make("div", { class: "ring-focus", hidden: true });
    this.tag = make("div", { class: "tag", hidden: true });
    this.folds = make("div", { class: "folds" });
    this.buttons = new Map();
    this.box = make("div", { class: "view", id: "view", tabindex: "0", role: "application", "aria-label":
      `${say("graph")}: ${data.title}. ${say("how to")}` }, this.drawing, this.ring, this.tag, this.folds);
    this.percent = make("output", { class: "percent", "aria-live": "off" });
    this.panel = make("section", { class: "panel", tabindex: "-1", hidden: true, "aria-labelledby": "panel-title" });
    this.help = this.helpDialog();
    const zooming = make("div", { class: "group" },
      button("−", say("zoom out"), () => this.view.zoom(1 / STEP)), this.percent,
      button("+", say("zoom in"), () => this.view.zoom(STEP)), button(say("fit"), say("fit long"), () => this.view.fit()));
    this.controls = make("div", { class: "controls", role: "group", "aria-label": say("controls") }, this.search.element, zooming,
      button("?", say("help long"), () => this.showHelp(), { class: "help-button" }));
    const inside = make("div", { class: "canvas" }, this.box);
    this.field = make("div", { class: "field" }, inside, this.panel);
    stage.insertBefore(make("div", { class: "live" }, this.controls, this.field), still);
    document.body.append(this.help);
    document.documentElement.classList.add("running");
    if (inFrame) for (const each of document.querySelectorAll("details")) each.open = false;
  }

  helpDialog() {
    const key = (name) => make("kbd", {}, name);
    const rows = [[["←", "→", "↑", "↓"], "key move"], [["Enter"], "key open"], [["F"], "key fold"],
      [["Shift", "←", "→", "↑", "↓"], "key pan"], [["+", "−"], "key zoom"], [["0"], "key fit"], [["/"], "key search"],
      [["Esc"], "key leave"]];
    return make("dialog", { class: "help", "aria-labelledby": "help-title" },
      make("h2", { id: "help-title" }, say("keys")),
      make("dl", {}, rows.map(([names, what]) => [make("dt", {}, names.map(key)), make("dd", {}, say(what))])),
      make("form", { method: "dialog" }, make("button", {}, say("close"))));
  }

  showHelp() {
    if (!this.help.open) this.help.showModal();
  }

  listen() {
    for (const element of [this.box, this.controls]) element.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("pointermove", (event) => this.point(this.view.dragged && event.buttons ? null : this.at(event)));
    this.box.addEventListener("pointerleave", () => this.point(null));
    this.box.addEventListener("click", (event) => this.click(event));
    this.box.addEventListener("focus", () => this.arrive());
    this.box.addEventListener("blur", () => this.light());
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.closePanel());
    this.narrow.addEventListener("change", () => {
      const next = this.nearest((state) => state, this.state.folded);
      if (next === this.state) return;
      this.enter(next);
      this.begin();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.view.update());
    new MutationObserver(() => this.view.update()).observe(document.documentElement, { attributes: true });
  }

  /** How high the field is, and which part is shown first: all of it, or, where letters would be too small, the end. */
  begin() {
    const [width, height] = this.state.size;
    const most = inFrame ? Math.max(240, innerHeight - 130) : Math.max(340, Math.min(880, innerHeight * 0.72));
    const scale = Math.min(1, (this.box.clientWidth - 2 * EDGE) / width);
    const needed = height * Math.max(scale, this.state.style === "shapes" ? scale : Math.min(1, READABLE)) + 2 * EDGE;
    const isCut = this.state.style !== "shapes" && scale < READABLE;
    this.room = isCut && needed + ROOM <= most ? ROOM : 0;          // below the graph, so that the overview hides nothing
    this.field.style.setProperty("--height", `${Math.round(Math.max(220, Math.min(most, needed + this.room)))}px`);
    this.view.fit();
    if (this.state.style !== "shapes" && this.view.scale < READABLE) {
      this.view.scale = READABLE;
      const root = this.state.order.find((id) => this.facts.nodes[id]?.root) ?? this.state.order.at(-1);
      const [x, y, w, h] = this.state.boxes[root];
      this.view.centre(x + w / 2, y + h / 2);
      this.snug();
    }
    this.draw();
    tellFrame({ ready: true, height: this.neededHeight() });
  }

  /** No empty space on one side while there is more to see on the other. */
  snug() {
    const { view, box } = this;
    const fitted = (at, length, whole) => length <= whole - 2 * EDGE ? (whole - length) / 2
      : Math.min(EDGE, Math.max(whole - EDGE - length, at));
    view.x = fitted(view.x, view.width * view.scale, box.clientWidth);
    view.y = fitted(view.y, view.height * view.scale, box.clientHeight - this.room);
    view.update();
  }

  neededHeight() {
    return Math.ceil(document.querySelector("main").getBoundingClientRect().bottom + 4);
  }

  // -- states --------------------------------------------------------------------------------------------------------

  /** Shows a state: which modules are folded, and where everything is then. */
  enter(state) {
    const { chosen } = this;
    this.chosen = null;
    this.state = state;
    state.order ??= Object.keys(state.boxes);
    this.painter = state.shapes ? this.canvas : this.svg;
    this.walk = new Walk(state, this.painter.show(state));
    this.view.resize(...state.size);
    this.pointed = null;
    this.updateFolds();
    this.light();
    this.view.update();
    if (chosen) this.choose(this.standIn(chosen), { quiet: true, reveal: false });
  }

  /** The state, of those that `fits` accepts, in which the fewest modules are folded otherwise. */
  nearest(fits, folded) {
    const wanted = new Set(folded);
    const apart = (state) => {
      const both = state.folded.filter((id) => wanted.has(id)).length;
      return state.folded.length + wanted.size - 2 * both + (state.direction === this.direction ? 0 : 1e6);
    };
    return data.states.filter(fits).reduce((best, state) => (best && apart(best) <= apart(state) ? best : state), null);
  }

  /** The module's node in a state, if it is folded there. */
  foldedNode(state, module) {
    if (!state.folded.includes(module)) return null;
    return state.boxes[module] ? module : Object.keys(state.boxes).find((id) => id.startsWith(`${module}.`)) ?? null;
  }

  stateWith(module, isFolded) {
    const folded = isFolded ? [...this.state.folded.filter((id) => !this.isInside(id, module)), module]
      : this.state.folded.filter((id) => id !== module);
    const fits = (state) => (isFolded ? this.foldedNode(state, module) : state.frames[module]);
    return this.nearest(fits, folded);
  }

  isInside(id, module) {
    for (let at = this.facts.modules[id]?.parent; at; at = this.facts.modules[at]?.parent) if (at === module) return true;
    return false;
  }

  /** Where the heading of a module is drawn, in the drawing's pixels; open or folded. */
  heading(state, module) {
    const box = state.frames[module] ?? state.boxes[module] ?? state.boxes[this.foldedNode(state, module)];
    return box && [box[0], box[1] + (state.frames[module] ? 0 : 4)];
  }

  /** Folds or unfolds a module; its heading stays where it is for the eye. */
  toggle(module, node = module) {
    const isFolded = !this.state.frames[module];
    const next = this.stateWith(module, !isFolded);
    const name = this.facts.modules[module].path;
    if (!next) {
      announce(say("cannot fold", { name }));
      return;
    }
    const made = this.buttons.get(node);
    const isAway = made?.classList.contains("away");            // where the button is, the heading is not
    const before = this.view.place(...this.heading(this.state, isFolded ? node : module));
    const expected = new Set(this.state.folded);
    if (isFolded) expected.delete(module);
    else expected.add(module);
    const also = next.folded.some((id) => !expected.has(id)) || [...expected].some((id) => !next.folded.includes(id)
      && !this.isInside(id, module));
    this.enter(next);
    const after = this.view.place(...this.heading(next, module));
    this.view.pan(before[0] - after[0], before[1] - after[1]);
    if (isAway) this.snug();
    announce([say(isFolded ? "unfolded" : "folded", { name }), also ? say("also") : ""].join(" "));
  }

  /** What stands for a node that is not shown now: the folded module around it; for a module the last node inside. */
  standIn(id) {
    if (this.state.boxes[id]) return id;
    for (let at = this.facts.nodes[id]?.module; at; at = this.facts.modules[at]?.parent) {
      const node = this.foldedNode(this.state, at);
      if (node) return node;
    }
    const module = id.replace(/\.\d+$/, "");
    const inside = (each) => this.facts.nodes[each]?.module === module || this.isInside(this.facts.nodes[each]?.module, module);
    return this.state.order.findLast(inside) ?? null;
  }

  updateFolds() {
    const shown = new Set();
    for (const id of [...Object.keys(this.state.frames), ...this.state.order]) {
      const module = id.replace(/\.\d+$/, "");
      const isOpen = id in this.state.frames;
      if ((!isOpen && this.facts.nodes[id]?.kind !== "module") || !this.facts.modules[module]) continue;
      if (!this.stateWith(module, isOpen)) continue;
      shown.add(id);
      const name = this.facts.modules[module].path;
      if (!this.buttons.has(id)) {
        const made = make("button", { type: "button", class: "fold", "data-module": id, onclick: () => this.toggle(module, id) });
        this.buttons.set(id, made);
        this.folds.append(made);
      }
      const made = this.buttons.get(id);
      made.textContent = isOpen ? "▾" : "▸";
      made.title = say(isOpen ? "fold" : "unfold", { name });
      made.setAttribute("aria-label", name);
      made.setAttribute("aria-expanded", isOpen);
    }
    for (const [id, made] of this.buttons) {
      if (shown.has(id)) continue;
      made.remove();
      this.buttons.delete(id);
    }
  }

  // -- drawing -------------------------------------------------------------------------------------------------------

  draw() {
    const { view, state } = this;
    this.painter.place(view);
    this.percent.textContent = say("zoomed", { percent: Math.round(view.scale * 100) });
    this.drawFolds();
    this.drawRing();
    this.overview.draw(state);
  }

  /** The buttons that fold: on the headings, and, where a heading is out of sight, at the edge with the name. */
  drawFolds() {
    const { view, state, box } = this;
    let beside = 4;
    const taken = new Set();                // of two buttons in one place the outer module's is shown
    const isFree = (left, top) => {
      const [x, y] = [Math.round(left / 12), Math.round(top / 12)];
      for (let i = -1; i <= 1; i += 1) for (let j = -1; j <= 1; j += 1) if (taken.has(`${x + i} ${y + j}`)) return false;
      return taken.add(`${x} ${y}`);
    };
    for (const id of [...Object.keys(state.frames), ...state.order]) {
      const made = this.buttons.get(id);
      if (!made) continue;
      const isOpen = id in state.frames;
      const [x, y, width, height] = state.frames[id] ?? state.boxes[id];
      let [left, top] = view.place(x + (isOpen ? 31 : 27), y + (isOpen ? 18 : 23));     // where the name begins
      left -= 25;
      top -= 12;
      const [right, bottom] = view.place(x + width, y + height);
      const isAway = isOpen && (left < 0 || top < 0) && right > 60 && bottom > 60 && left < box.clientWidth - 60
        && top < box.clientHeight - 60;
      made.hidden = width * view.scale < 44 || (isAway && beside > box.clientWidth - 120);
      if (made.classList.toggle("away", isAway)) {
        made.textContent = `▾ ${this.facts.modules[id].path.split(".").slice(-2).join(".")}`;
        if (left < beside) left = beside;
        top = Math.max(4, top);
        if (!made.hidden && top === 4) beside = left + made.offsetWidth + 4;
      } else {
        if (isOpen) made.textContent = "▾";
        if (!made.hidden && !isFree(left, top)) made.hidden = true;
      }
      made.style.transform = `translate(${left}px,${top}px)`;
    }
  }

  drawRing() {
    const box = this.state.boxes[this.chosen];
    const around = (element, [x, y, width, height], more) => {
      const [left, top] = this.view.place(x, y);
      element.style.transform = `translate(${left - more}px,${top - more}px)`;
      element.style.width = `${width * this.view.scale + 2 * more}px`;
      element.style.height = `${height * this.view.scale + 2 * more}px`;
    };
    this.ring.hidden = !box;
    if (box) around(this.ring, box, 5);
    const named = this.pointed && this.state.boxes[this.pointed] ? this.pointed : this.chosen;
    const isNeeded = this.state.boxes[named] && (this.state.style === "shapes" || this.view.scale < 0.5);
    this.tag.hidden = !isNeeded;
    if (!isNeeded) return;
    const fact = this.facts.nodes[named] ?? {};
    const value = [fact.value && shortOf(fact.value), fact.gradient && shortOf(fact.gradient)];
    this.tag.replaceChildren(formula(titleOf(named)),
      value[0] ? make("span", { class: "data-value" }, ` ${value[0]}`) : "",
      value[1] ? make("span", { class: "grad-value" }, ` ${value[1]}`) : "");
    const [x, y, width] = this.state.boxes[named];
    const [left, top] = this.view.place(x + width / 2, y);
    const half = this.tag.offsetWidth / 2;
    const middle = Math.max(half + 4, Math.min(this.box.clientWidth - half - 4, left));
    this.tag.style.transform = `translate(${middle - half}px,${Math.max(4, top - 12 - this.tag.offsetHeight)}px)`;
  }

  // -- what is lit ---------------------------------------------------------------------------------------------------

  at(event) {
    if (event.target.closest?.("button")) return null;
    return this.state.shapes ? this.canvas.at(...this.view.point(event.clientX, event.clientY), this.view.scale)
      : this.painter.at(event);
  }

  point(found) {
    const id = found && found.kind !== "module" ? found.id : null;
    this.box.classList.toggle("pointing", !!found && (found.kind === "node" || found.header));
    if (id === this.pointed) return;
    this.pointed = id;
    this.light();
    this.drawRing();
  }

  /** Lights the ways on which a gradient comes to what is pointed at, and those on which it goes on from there. */
  light() {
    const id = this.pointed ?? (document.activeElement === this.box || !this.panel.hidden ? this.chosen : null);
    this.painter.light(id && this.walk.ways(id), this.pointed && this.walk.around.has(this.pointed) ? this.pointed : this.chosen);
    if (this.state.shapes) this.view.update();
  }

  // -- what is chosen ------------------------------------------------------------------------------------------------

  choose(id, { quiet = false, reveal = true } = {}) {
    this.chosen = id && this.state.boxes[id] ? id : null;
    if (this.chosen && reveal) this.view.reveal(this.state.boxes[this.chosen]);
    if (this.chosen && !this.panel.hidden) this.fillPanel();
    else if (!this.chosen) this.panel.hidden = true;
    this.light();
    this.drawRing();
    if (!quiet) announce(this.chosen ? hears(this.chosen, this.walk.around.get(this.chosen)) : say("left"));
  }

  /** The graph got the keyboard: a node is chosen, unless a click did that. */
  arrive() {
    if (!this.chosen && this.box.matches(":focus-visible") && !this.leaving) {
      this.choose(this.state.order.findLast((id) => this.facts.nodes[id]?.root) ?? this.state.order.at(-1) ?? null);
    }
    this.light();
  }

  click(event) {
    if (this.view.dragged || event.target.closest("button")) return;
    const found = this.at(event);
    if (found?.header && found.kind === "module" && this.stateWith(found.id, true)) this.toggle(found.id);
    else if (found?.kind === "node") {
      this.choose(found.id, { reveal: false });
      this.openPanel(false);
    } else if (!found || found.kind === "module") this.choose(null, { quiet: true });
  }

  openPanel(withFocus) {
    this.panel.hidden = false;
    this.fillPanel();
    this.view.reveal(this.state.boxes[this.chosen]);
    this.light();
    if (withFocus) this.panel.focus();
  }

  fillPanel() {
    const id = this.chosen;
    this.panel.scrollTop = 0;
    this.panel.replaceChildren(
      make("div", { class: "panel-head" }, make("h2", { id: "panel-title" }, formula(titleOf(id))),
        button("×", say("close"), () => this.closePanel(), { class: "close" })),
      ...panelOf(id, this.walk.around.get(id), (other) => {
        this.choose(other);
        this.panel.focus();
      }));
  }

  closePanel() {
    this.panel.hidden = true;
    this.light();
    this.leaving = true;
    this.box.focus();
    this.leaving = false;
  }

  /** What a search found: shown, if need be by unfolding what is around it. */
  goTo({ id, kind }) {
    const shows = (state) => (kind === "module" ? this.heading(state, id) : state.boxes[id]);
    if (!shows(this.state)) {
      const next = this.nearest(shows, this.state.folded);
      if (!next) return;
      this.enter(next);
    }
    if (this.view.scale < READABLE && this.state.style !== "shapes") this.view.scale = READABLE;
    if (this.view.scale < 0.8 && this.state.style === "shapes") this.view.scale = 1;
    const box = kind === "module" ? this.state.frames[id] ?? this.state.boxes[this.foldedNode(this.state, id)] : this.state.boxes[id];
    if (kind === "module" && this.state.frames[id]) this.view.centre(box[0] + Math.min(box[2], 300) / 2, box[1] + 60);
    else this.view.centre(box[0] + box[2] / 2, box[1] + box[3] / 2);
    const node = kind === "module" ? this.foldedNode(this.state, id) : id;
    this.leaving = true;
    this.box.focus();
    this.leaving = false;
    this.choose(node, { reveal: false });
  }

  // -- keys ----------------------------------------------------------------------------------------------------------

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === this.search.input) return;
    const isOnButton = event.target !== this.box;
    const arrow = /^Arrow(Left|Right|Up|Down)$/.exec(event.key)?.[1];
    if (arrow && !isOnButton && !event.shiftKey && this.chosen) this.move(arrow);
    else if (event.key === "Enter" && !isOnButton) this.enterKey();
    else if (event.key === "Escape") this.escape(event);
    else if (event.key === "f" || event.key === "F") this.foldKey();
    else if (event.key === "?") this.showHelp();
    else if (event.key === "/") this.search.input.focus();
    else if (!this.view.key(event, !this.chosen || isOnButton)) return;
    event.preventDefault();
  }

  enterKey() {
    if (this.chosen) this.openPanel(true);
    else this.choose(this.state.order.findLast((id) => this.facts.nodes[id]?.root) ?? this.state.order.at(-1) ?? null);
  }

  escape() {
    if (!this.panel.hidden) this.closePanel();
    else if (this.chosen) this.choose(null);
    else document.activeElement.blur();
  }

  foldKey() {
    const fact = this.facts.nodes[this.chosen];
    const module = fact?.kind === "module" ? this.chosen.replace(/\.\d+$/, "") : fact?.module;
    if (module && this.facts.modules[module]) this.toggle(module, fact.kind === "module" ? this.chosen : module);
  }

  move(arrow) {
    const next = this.walk.next(arrow, this.chosen, this.came);
    if (!next) return;
    this.came = this.chosen;
    this.choose(next);
  }
}

const READABLE = 0.75;                  // the least scale at which a picture opens that has words in it
document.getElementById("stage").page = new GraphPage(document.getElementById("stage"));
