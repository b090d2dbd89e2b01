/** A click on a picture of a page shows it as large as it is; another one, or Escape, ends that. */
export function enlargePictures(document) {
  document.addEventListener("click", ({ target }) => {
    if (!target.matches(".vp-doc img") || target.closest("a")) {
      return;
    }
    const dialog = document.createElement("dialog");
    const picture = new Image();
    picture.src = target.src;
    picture.alt = target.alt;
    picture.style.maxWidth = "none";
    dialog.className = "picture";
    dialog.append(picture);
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  });
}
