/* View: what part of a drawing a box shows, and at what size. Drag, wheel with Ctrl, two fingers, keys. */

const LEAST_SCALE = 0.02, MOST_SCALE = 4, STEP = 1.25, PAN = 60, EDGE = 24;

class View {
  /** `box` clips the drawing; `changed()` is called, once a frame, when another part is to be shown. */
  constructor(box, changed) {
    Object.assign(this, { box, changed, x: 0, y: 0, scale: 1, width: 1, height: 1, dragged: false, waiting: false });
    this.pointers = new Map();
    box.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    box.addEventListener("pointerdown", (event) => this.#down(event));
    box.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      box.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    }
    new ResizeObserver(() => this.update()).observe(box);
  }

  /** The size of the drawing, in its own pixels. */
  resize(width, height) {
    Object.assign(this, { width, height });
  }

  /** The scale at which everything is shown; never larger than life. */
  get fitting() {
    const { clientWidth, clientHeight } = this.box;
    return Math.max(1e-4, Math.min(1, (clientWidth - 2 * EDGE) / this.width, (clientHeight - 2 * EDGE) / this.height));
  }

  fit() {
    this.scale = this.fitting;
    this.x = (this.box.clientWidth - this.width * this.scale) / 2;
    this.y = (this.box.clientHeight - this.height * this.scale) / 2;
    this.update();
  }

  /** Larger or smaller, with one point of the box staying in place: by default its middle. */
  zoom(factor, x = this.box.clientWidth / 2, y = this.box.clientHeight / 2) {
    const scale = Math.min(MOST_SCALE, Math.max(Math.min(LEAST_SCALE, this.fitting), this.scale * factor));
    this.x = x - (x - this.x) * scale / this.scale;
    this.y = y - (y - this.y) * scale / this.scale;
    this.scale = scale;
    this.update();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.update();
  }

  /** Where a point of the drawing is in the box. */
  place(x, y) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  /** The point of the drawing at a point of the window. */
  point(clientX, clientY) {
    const { left, top } = this.box.getBoundingClientRect();
    return [(clientX - left - this.x) / this.scale, (clientY - top - this.y) / this.scale];
  }

  /** Moves as little as needed for a rectangle of the drawing to be seen. */
  reveal([x, y, width, height]) {
    const [left, top] = this.place(x, y);
    const by = (start, length, whole) => {
      const room = Math.min(EDGE, Math.max(0, (whole - length) / 2));
      return start < room ? room - start : start + length > whole - room ? whole - room - start - length : 0;
    };
    this.pan(by(left, width * this.scale, this.box.clientWidth), by(top, height * this.scale, this.box.clientHeight));
  }

  centre(x, y) {
    this.x = this.box.clientWidth / 2 - x * this.scale;
    this.y = this.box.clientHeight / 2 - y * this.scale;
    this.update();
  }

  /** Some of the drawing always stays in the box. */
  update() {
    const keep = (at, length, whole) => Math.min(whole - 48, Math.max(48 - length, at));
    this.x = keep(this.x, this.width * this.scale, this.box.clientWidth);
    this.y = keep(this.y, this.height * this.scale, this.box.clientHeight);
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.changed();
    });
  }

  /** What a key does; true if it does something. */
  key({ key, shiftKey }, mayPan) {
    const ways = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };
    if (ways[key] && (mayPan || shiftKey)) this.pan(...ways[key]);
    else if (key === "+" || key === "=") this.zoom(STEP);
    else if (key === "-" || key === "−" || key === "_") this.zoom(1 / STEP);
    else if (key === "0") this.fit();
    else return false;
    return true;
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;       // the wheel alone scrolls the page
    event.preventDefault();
    const { left, top } = this.box.getBoundingClientRect();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    this.zoom(Math.exp(-Math.max(-60, Math.min(60, pixels)) / 160), event.clientX - left, event.clientY - top);
  }

  #down(event) {
    if (event.button !== 0 || event.target.closest("button")) return;
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.pointers.size === 1) this.dragged = false;
    this.began = [event.clientX, event.clientY];
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    if (!this.dragged && Math.hypot(now[0] - this.began[0], now[1] - this.began[1]) < 4) return;
    if (!this.dragged) {
      this.dragged = true;
      this.box.setPointerCapture(event.pointerId);
    }
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, now);
    if (!other) {
      this.pan(now[0] - before[0], now[1] - before[1]);
      return;
    }
    const { left, top } = this.box.getBoundingClientRect();
    const apart = (a) => Math.max(20, Math.hypot(a[0] - other[0], a[1] - other[1]));
    this.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    this.zoom(apart(now) / apart(before), (now[0] + other[0]) / 2 - left, (now[1] + other[1]) / 2 - top);
  }
}
