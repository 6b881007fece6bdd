/** Finds the links of a Markdown file that lead to nothing. */
import { posix } from "node:path";

/**
 * `file` and `files` are paths in one package. A link is broken where it names a file that is not in the package, or a heading
 * that is not in this file. Links with a scheme, such as https, are not followed.
 */
export function findBrokenLinks(markdown: string, file: string, files: ReadonlySet<string>): string[] {
  const text = markdown.replace(/^(```|~~~).*?^\1/gms, "");
  const anchors = new Set([...text.matchAll(/^#{1,6} +(.*?)\s*$/gm)].map(([, heading = ""]) => anchorOf(heading)));
  return linksOf(text.replace(/`[^`\n]*`/g, "")).filter((link) => {
    if (/^[a-z][a-z+.-]*:/i.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    if (path !== "") return !files.has(posix.join(posix.dirname(file), decodeURI(path)));
    return anchor === undefined || !anchors.has(anchor);
  });
}

/** The targets of `[text](target)`, `![text](target)`, `[name]: target`, and of href, src and srcset in HTML. */
function linksOf(text: string): string[] {
  const inline = text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g);
  const named = text.matchAll(/^ {0,3}\[[^\]]+\]: *<?(\S+?)>?(?:\s.*)?$/gm);
  const html = text.matchAll(/\b(?:href|src|srcset)="([^"\s]+)[^"]*"/g);
  return [...inline, ...named, ...html].map(([, target = ""]) => target);
}

/** The anchor that GitHub and npm give to a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}
