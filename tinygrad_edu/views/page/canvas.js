/* Canvas: draws a graph of thousands of nodes, as shapes, the faster the smaller they are.

   Small: a line for each edge, a dot for each node. Larger: curves, ribbons as thick as gradients are large, discs with
   their signs, cards with the marks of their kinds. What lies outside of the box is left out.
*/

const CELL = 96;                        // of the grid in which the node under the pointer is looked up
const CURVES_FROM = 0.3, SHAPES_FROM = 0.35, SIGNS_FROM = 0.7;      // scales
const MOST_CURVES = 300, MOST_LINES = 3500;     // pieces of lines that are drawn as curves with ribbons; at all
const BATCH = 30;                       // lines in one path: the pixels of longer paths take several times as long

class CanvasPainter {
  constructor(box) {
    this.box = box;
    this.canvas = make("canvas", { "aria-hidden": "true" });
    this.context = this.canvas.getContext("2d");
    this.lit = null;
    this.marked = null;
  }

  show({ boxes, frames, shapes, direction }) {
    this.box.replaceChildren(this.canvas);
    this.frames = Object.values(frames);
    this.isDown = direction === "down";
    if (this.shapes !== shapes) this.#read(boxes, shapes);
    this.lit = null;
    return this.edges;
  }

  #read(boxes, shapes) {
    this.shapes = shapes;
    this.boxes = new Float64Array(shapes.ids.flatMap((id) => boxes[id]));
    this.at_ = new Map(shapes.ids.map((id, i) => [id, i]));
    this.roots = new Set(shapes.roots);
    this.kinds = data.kinds.map((_, kind) => shapes.ids.map((__, i) => i).filter((i) => shapes.kinds[i] === kind));
    this.edges = [];
    this.ribbons = new Float64Array(shapes.lines.length);
    this.lines = shapes.lines.map((steps) => {
      const points = new Float64Array(steps.length);
      for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
        points[i] = x += steps[i];
        points[i + 1] = y += steps[i + 1];
      }
      return points;
    });
    this.bounds = new Float64Array(4 * this.lines.length);
    this.lines.forEach((points, k) => {
      const [source, target, wanted, ribbon, position] = shapes.edges.slice(5 * k, 5 * k + 5);
      this.ribbons[k] = ribbon / 10;
      this.edges.push({ id: `${shapes.ids[target]}.${position}`, source: shapes.ids[source], target: shapes.ids[target],
        wanted: !!wanted });
      let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let i = 0; i < points.length; i += 2) {
        left = Math.min(left, points[i]);
        right = Math.max(right, points[i]);
        top = Math.min(top, points[i + 1]);
        bottom = Math.max(bottom, points[i + 1]);
      }
      this.bounds.set([left - 8, top - 8, right + 8, bottom + 8], 4 * k);
    });
    this.grid = new Map();
    for (let i = 0; i < shapes.ids.length; i += 1) {
      const [x, y, width, height] = this.boxes.subarray(4 * i, 4 * i + 4);
      for (let cx = Math.floor(x / CELL); cx <= (x + width) / CELL; cx += 1) {
        for (let cy = Math.floor(y / CELL); cy <= (y + height) / CELL; cy += 1) {
          const key = `${cx} ${cy}`;
          if (!this.grid.has(key)) this.grid.set(key, []);
          this.grid.get(key).push(i);
        }
      }
    }
  }

  /** The node at a point of the drawing, or within three pixels of the screen from it. */
  at(x, y, scale) {
    const near = Math.min(3 / scale, CELL);
    let best = null, least = Infinity;
    for (let cx = Math.floor((x - near) / CELL); cx <= (x + near) / CELL; cx += 1) {
      for (let cy = Math.floor((y - near) / CELL); cy <= (y + near) / CELL; cy += 1) {
        for (const i of this.grid.get(`${cx} ${cy}`) ?? []) {
          const [left, top, width, height] = this.boxes.subarray(4 * i, 4 * i + 4);
          const away = Math.max(left - x, x - left - width, top - y, y - top - height);
          if (away <= near && away < least) [best, least] = [i, away];
        }
      }
    }
    return best === null ? null : { id: this.shapes.ids[best], kind: "node", header: false };
  }

  light(ids, chosen) {
    this.lit = ids;
    this.marked = chosen;
  }

  /** Draws what the view shows. */
  place(view) {
    const sharp = Math.min(2, devicePixelRatio || 1);
    const [width, height] = [this.box.clientWidth, this.box.clientHeight];
    if (this.canvas.width !== Math.round(width * sharp) || this.canvas.height !== Math.round(height * sharp)) {
      Object.assign(this.canvas, { width: Math.round(width * sharp), height: Math.round(height * sharp) });
      Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    }
    const style = getComputedStyle(document.documentElement);
    this.colours = (name) => style.getPropertyValue(`--tg-${name}`).trim();
    const { context } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(view.scale * sharp, 0, 0, view.scale * sharp, view.x * sharp, view.y * sharp);
    this.scale = view.scale;
    this.seen = [-view.x / view.scale, -view.y / view.scale, (width - view.x) / view.scale, (height - view.y) / view.scale];
    this.#panels();
    context.globalAlpha = this.lit ? 0.25 : 1;
    this.#draw(null);
    context.globalAlpha = 1;
    if (this.lit) this.#draw(this.lit);
  }

  /** The grounds of open modules, outer ones first, where they are large enough to be seen as such. */
  #panels() {
    const { context } = this, [left, top, right, bottom] = this.seen;
    context.fillStyle = this.colours("sunken");
    context.strokeStyle = this.colours("line");
    context.lineWidth = 1 / this.scale;
    for (const [x, y, width, height] of this.frames) {
      if (Math.min(width, height) * this.scale < 8 || x > right || y > bottom || x + width < left || y + height < top) continue;
      context.fillRect(x, y, width, height);
      context.strokeRect(x, y, width, height);
    }
  }

  #draw(only) {
    const lines = this.#linesSeen(only);
    const pieces = this.scale < CURVES_FROM && !only ? null : this.#piecesSeen(lines);
    if (pieces && pieces.length <= MOST_CURVES) this.#curves(pieces, only);
    else this.#plainLines(lines, pieces);
    data.kinds.forEach((kind, k) => {
      const seen = this.kinds[k].filter((i) => this.#isSeen(this.boxes, i) && (!only || only.has(this.shapes.ids[i])));
      if (seen.length) this.#nodes(kind, seen);
    });
    const marked = this.at_.get(this.marked);
    if (marked !== undefined) this.#marked(marked);
  }

  #isSeen(boxes, i) {
    const [left, top, right, bottom] = this.seen, x = boxes[4 * i], y = boxes[4 * i + 1];
    return x < right && y < bottom && x + boxes[4 * i + 2] > left && y + boxes[4 * i + 3] > top;
  }

  #linesSeen(only) {
    const [left, top, right, bottom] = this.seen, { bounds } = this, found = [];
    for (let k = 0; k < this.lines.length; k += 1) {
      if (bounds[4 * k] < right && bounds[4 * k + 2] > left && bounds[4 * k + 1] < bottom && bounds[4 * k + 3] > top
        && (!only || only.has(this.edges[k].id))) found.push(k);
    }
    return found;
  }

  /** The pieces of lines that are seen, as [line, where in it the piece begins]; at most one more than MOST_LINES. */
  #piecesSeen(lines) {
    const [left, top, right, bottom] = this.seen, found = [];
    for (const k of lines) {
      const points = this.lines[k];
      for (let i = 0; i + 3 < points.length; i += 2) {
        if (Math.min(points[i], points[i + 2]) < right && Math.max(points[i], points[i + 2]) > left
          && Math.min(points[i + 1], points[i + 3]) < bottom && Math.max(points[i + 1], points[i + 3]) > top) found.push([k, i]);
      }
      if (found.length > MOST_LINES) break;
    }
    return found;
  }

  /** Straight lines, those with a gradient in its colour; as thin as the screen can show, and each place once.

      Of more lines than can be told apart, as many are drawn as still are; lines are drawn from end to end then.
  */
  #plainLines(lines, pieces) {
    const { context } = this, drawn = new Set(), ends = [];
    const add = (k, x, y, endX, endY) => {
      const place = this.#pixel(x, y) * 4194304 + this.#pixel(endX, endY);
      if (drawn.has(place)) return;
      drawn.add(place);
      ends.push([this.ribbons[k], x, y, endX, endY]);
    };
    if (pieces && pieces.length <= MOST_LINES) {
      for (const [k, i] of pieces) add(k, ...this.lines[k].subarray(i, i + 4));
    } else for (const k of lines) add(k, this.lines[k][0], this.lines[k][1], this.lines[k].at(-2), this.lines[k].at(-1));
    context.lineWidth = 1 / this.scale;
    const every = Math.ceil(ends.length / MOST_LINES);
    for (const [colour, hasRibbon] of [["line", false], ["grad", true]]) {
      context.strokeStyle = this.colours(colour);
      const chosen = ends.filter(([ribbon], i) => !!ribbon === hasRibbon && i % every === 0);
      for (let start = 0; start < chosen.length; start += BATCH) {
        context.beginPath();
        for (const [, x, y, endX, endY] of chosen.slice(start, start + BATCH)) {
          context.moveTo(x, y);
          context.lineTo(endX, endY);
        }
        context.stroke();
      }
    }
  }

  /** A number for each two by two pixels of the screen, up to 4,096 pixels across. */
  #pixel(x, y) {
    const near = (each) => Math.max(0, Math.min(2047, Math.round(each * this.scale / 2 + 512)));
    return near(x - this.seen[0]) * 2048 + near(y - this.seen[1]);
  }

  #curves(pieces, only) {
    const { context } = this;
    context.strokeStyle = this.colours(only ? "ink" : "line");
    context.lineWidth = Math.max(1.2, 0.8 / this.scale) * (only ? 1.6 : 1);
    this.#strokeAll(pieces, 0);
    const widths = new Map();
    for (const piece of pieces) {
      const width = this.ribbons[piece[0]];
      if (width && !widths.has(width)) widths.set(width, []);
      if (width) widths.get(width).push(piece);
    }
    for (const [width, each] of widths) {
      context.strokeStyle = this.colours(width < 0 ? "warn" : "grad");
      context.lineWidth = Math.max(Math.abs(width), (only ? 2 : 1) / this.scale);
      this.#strokeAll(each, 3);
    }
    if (this.scale >= SIGNS_FROM) this.#arrows([...new Set(pieces.map(([k]) => k))]);
  }

  /** Where values arrive, and where gradients do. */
  #arrows(lines) {
    const { context } = this;
    const arrow = (x, y, ahead) => {
      context.moveTo(x, y);
      if (this.isDown) context.lineTo(x - 3, y - ahead);
      else context.lineTo(x - ahead, y - 3);
      if (this.isDown) context.lineTo(x + 3, y - ahead);
      else context.lineTo(x - ahead, y + 3);
    };
    context.fillStyle = this.colours("line");
    context.beginPath();
    for (const k of lines) arrow(this.lines[k].at(-2), this.lines[k].at(-1), 5);
    context.fill();
    context.fillStyle = this.colours("grad");
    context.beginPath();
    for (const k of lines) {
      if (this.ribbons[k]) arrow(this.lines[k][0] + (this.isDown ? 3 : 0), this.lines[k][1] + (this.isDown ? 0 : 3), -5);
    }
    context.fill();
  }

  /** Curves, beside their places; ribbons are below or at the right of lines. */
  #strokeAll(pieces, beside) {
    const { context } = this;
    for (let start = 0; start < pieces.length; start += BATCH) {
      context.beginPath();
      for (const [k, i] of pieces.slice(start, start + BATCH)) this.#curve(this.lines[k], i, beside);
      context.stroke();
    }
  }

  #curve(points, i, beside) {
    const dx = this.isDown ? beside : 0, dy = this.isDown ? 0 : beside;
    const x = points[i] + dx, y = points[i + 1] + dy, endX = points[i + 2] + dx, endY = points[i + 3] + dy;
    const midX = (x + endX) / 2, midY = (y + endY) / 2;
    this.context.moveTo(x, y);
    if (x === endX || y === endY) this.context.lineTo(endX, endY);
    else if (this.isDown) this.context.bezierCurveTo(x, midY, endX, midY, endX, endY);
    else this.context.bezierCurveTo(midX, y, midX, endY, endX, endY);
  }

  #nodes(kind, seen) {
    const { context, boxes } = this;
    const colour = this.colours({ result: "result", expression: "result", parameter: "param", variable: "param",
      input: "input", constant: "const" }[kind] ?? "ink");
    context.fillStyle = colour;
    context.strokeStyle = colour;
    if (this.scale < SHAPES_FROM) {
      const least = 1.6 / this.scale, drawn = new Set();
      for (const i of seen) {
        const place = this.#pixel(boxes[4 * i], boxes[4 * i + 1]);
        if (drawn.has(place)) continue;
        drawn.add(place);
        context.fillRect(boxes[4 * i], boxes[4 * i + 1], Math.max(least, boxes[4 * i + 2]), Math.max(least, boxes[4 * i + 3]));
      }
      return;
    }
    if (kind === "result" || kind === "expression") this.#discs(seen);
    else this.#cards(kind, seen);
  }

  #discs(seen) {
    const { context, boxes } = this;
    context.beginPath();
    for (const i of seen) {
      const radius = Math.min(boxes[4 * i + 2], boxes[4 * i + 3]) / 2 - (this.roots.has(i) ? 3 : 0);
      const [x, y] = [boxes[4 * i] + boxes[4 * i + 2] / 2, boxes[4 * i + 1] + boxes[4 * i + 3] / 2];
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fill();
    context.lineWidth = 1.25;
    for (const i of seen) {
      if (this.roots.has(i)) context.strokeRect(boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]);
    }
    if (this.scale < SIGNS_FROM) return;
    context.fillStyle = this.colours("surface");
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `600 11px ${this.colours("font-ui")}`;
    for (const i of seen) {
      const sign = this.shapes.signs[i];
      if (sign.length <= 2) context.fillText(sign, boxes[4 * i] + boxes[4 * i + 2] / 2, boxes[4 * i + 1] + boxes[4 * i + 3] / 2 + 0.5);
    }
  }

  #cards(kind, seen) {
    const { context, boxes } = this;
    context.lineWidth = 1.5;
    context.setLineDash(kind === "constant" ? [1.5, 3] : []);
    for (const i of seen) {
      const [x, y, width, height] = boxes.subarray(4 * i, 4 * i + 4);
      context.fillStyle = this.colours("surface");
      context.fillRect(x, y, width, height);
      context.strokeRect(x, y, width, height);
      context.fillStyle = context.strokeStyle;
      if (kind === "parameter" || kind === "variable") context.fillRect(x, y, 5, height);
      if (kind === "input") {
        context.beginPath();
        context.moveTo(x, y);
        context.lineTo(x + 6, y + height / 2);
        context.lineTo(x, y + height);
        context.fill();
      }
    }
    context.setLineDash([]);
  }

  #marked(i) {
    const { context, boxes } = this, more = 3 / this.scale;
    context.strokeStyle = this.colours("grad");
    context.lineWidth = 3 / this.scale;
    context.strokeRect(boxes[4 * i] - more, boxes[4 * i + 1] - more, boxes[4 * i + 2] + 2 * more, boxes[4 * i + 3] + 2 * more);
  }
}
