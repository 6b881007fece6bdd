/** Makes a link choose in place of a new page; in a new window, or copied, it is a link still. */
export function followInPlace(link: HTMLAnchorElement, choose: () => void): void {
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    choose();
  });
}
