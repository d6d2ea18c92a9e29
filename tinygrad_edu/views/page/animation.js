/* Animation: a button that plays the picture again. */

const stage = document.getElementById("stage");
const figure = stage.querySelector(".still");
const picture = figure.innerHTML;
if (matchMedia("(prefers-reduced-motion: no-preference)").matches) {
  stage.append(button(say("again"), say("again"), () => {
    figure.innerHTML = picture;             // the page's own picture: parts that are new begin anew
  }));
}
tellFrame({ ready: true, height: Math.ceil(document.querySelector("main").getBoundingClientRect().bottom + 4) });
