/* Walk: where the edges of a state lead: the ways of a gradient, and where arrow keys go from a node. */

class Walk {
  constructor(state, edges) {
    this.state = state;
    this.edges = edges;
    this.around = new Map(state.order.map((id) => [id, { from: [], into: [] }]));
    for (const edge of edges) {
      this.around.get(edge.source).into.push(edge);
      this.around.get(edge.target).from.push(edge);
    }
  }

  /** The ways on which a gradient comes to a node or an edge, and those on which it goes on; what is beside it if none. */
  ways(id) {
    const edge = this.around.has(id) ? null : this.edges.find((each) => each.id === id);
    const found = new Set([id]);
    const follow = (starts, next, end) => {
      const waiting = [...starts];
      while (waiting.length) {
        for (const each of this.around.get(waiting.pop())[next]) {
          if (!each.wanted || found.has(each.id)) continue;
          found.add(each.id);
          if (!found.has(each[end])) waiting.push(each[end]);
          found.add(each[end]);
        }
      }
    };
    if (edge) [edge.source, edge.target].forEach((each) => found.add(each));
    follow([edge ? edge.target : id], "into", "target");
    follow([edge ? edge.source : id], "from", "source");
    if (found.size > 1) return found;
    for (const each of [...this.around.get(id).from, ...this.around.get(id).into]) {
      found.add(each.id).add(each.source).add(each.target);
    }
    return found;
  }

  /** Where a key leads from a node: along an edge to an argument or a result; across to one that shares one. */
  next(arrow, id, came) {
    const flat = this.state.direction === "right";
    const way = { Left: flat ? "from" : "before", Right: flat ? "into" : "after", Up: flat ? "before" : "from",
      Down: flat ? "after" : "into" }[arrow];
    const { from, into } = this.around.get(id);
    if (way === "from") return this.#remembered(id, from.map((edge) => edge.source), came);
    if (way === "into") return this.#remembered(id, into.map((edge) => edge.target), came);
    return this.#beside(id, way === "after", flat);
  }

  /** Of several nodes the one that keys came from, else the nearest. */
  #remembered(here, ids, came) {
    if (ids.includes(came)) return came;
    const [x, y] = this.#middle(here);
    const apart = (id) => Math.hypot(this.#middle(id)[0] - x, this.#middle(id)[1] - y);
    return ids.reduce((best, id) => (best && apart(best) <= apart(id) ? best : id), null);
  }

  #middle(id) {
    const [x, y, width, height] = this.state.boxes[id];
    return [x + width / 2, y + height / 2];
  }

  /** The next node up or down (left or right in a vertical picture): of those with a common result, else of all near. */
  #beside(start, isAfter, flat) {
    const across = (id) => this.#middle(id)[flat ? 1 : 0];
    const along = (id) => this.#middle(id)[flat ? 0 : 1];
    const here = across(start);
    const { from, into } = this.around.get(start);
    const siblings = new Set([
      ...into.flatMap((edge) => this.around.get(edge.target).from.map((each) => each.source)),
      ...from.flatMap((edge) => this.around.get(edge.source).into.map((each) => each.target))]);
    const near = (ids) => ids.filter((id) => id !== start && (isAfter ? across(id) > here : across(id) < here));
    const apart = (id) => Math.abs(across(id) - here) + Math.abs(along(id) - along(start)) * 2;
    for (const ids of [near([...siblings]), near(this.state.order)]) {
      if (ids.length) return ids.reduce((best, id) => (apart(best) <= apart(id) ? best : id));
    }
    return null;
  }
}
