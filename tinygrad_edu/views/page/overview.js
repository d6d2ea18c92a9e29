/* Overview: a small picture of the whole, with a frame around what is shown, to drag. */

const WIDE = 180, HIGH = 110, INSIDE = 10;      // the overview, and how much larger it is than what it shows
const ROOM = HIGH + 8;                          // what it takes of the field's height

class Overview {
  constructor(view, box) {
    this.view = view;
    this.box = box;
    this.element = make("canvas", { class: "overview", width: WIDE, height: HIGH, title: say("overview"), "aria-hidden": "true" });
    this.element.addEventListener("pointerdown", (event) => this.#moved(event));
    this.element.addEventListener("pointermove", (event) => event.buttons && this.#moved(event));
  }

  /** Hidden where all is shown anyway. */
  draw(state) {
    const { view, box, element } = this;
    const isWhole = view.width * view.scale <= box.clientWidth && view.height * view.scale <= box.clientHeight;
    element.hidden = isWhole;
    if (isWhole) return;
    const scale = Math.min((WIDE - INSIDE) / view.width, (HIGH - INSIDE) / view.height);
    const [left, top] = [(WIDE - view.width * scale) / 2, (HIGH - view.height * scale) / 2];
    this.place = [scale, left, top];
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--tg-${name}`);
    if (this.shown !== state || this.colour !== colour("line")) this.#drawBoxes(state, colour("line"));
    const context = element.getContext("2d");
    context.clearRect(0, 0, WIDE, HIGH);
    context.drawImage(this.boxes, 0, 0);
    context.strokeStyle = colour("ink");
    context.lineWidth = 2;
    context.strokeRect(left - view.x / view.scale * scale, top - view.y / view.scale * scale,
      box.clientWidth / view.scale * scale, box.clientHeight / view.scale * scale);
  }

  /** The boxes of a state, kept until there is another one, or another theme. */
  #drawBoxes(state, colour) {
    const [scale, left, top] = this.place;
    Object.assign(this, { shown: state, colour, boxes: document.createElement("canvas") });
    Object.assign(this.boxes, { width: WIDE, height: HIGH });
    const context = this.boxes.getContext("2d");
    context.fillStyle = colour;
    for (const [x, y, width, height] of Object.values(state.boxes)) {
      context.fillRect(left + x * scale, top + y * scale, Math.max(1, width * scale), Math.max(1, height * scale));
    }
  }

  #moved(event) {
    const [scale, left, top] = this.place;
    const at = this.element.getBoundingClientRect();
    this.view.centre((event.clientX - at.left - left) / scale, (event.clientY - at.top - top) / scale);
  }
}
