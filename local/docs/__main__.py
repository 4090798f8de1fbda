"""Writes every generated page anew, and says which ones changed."""

from local.docs.pages import DOCS, FILES, PAGES, renewed


def main() -> None:
    for name in (*PAGES, *FILES):
        page, text = DOCS / name, renewed(name)
        if page.read_text() != text:
            page.write_text(text)
            print(f"docs: {name} changed")


if __name__ == "__main__":
    main()
