#include "cli/html.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace roundoff::cli::html {
namespace {

constexpr std::string_view head = R"(<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --ink: #1d1d1f; --soft: #60606a; --line: #d9d9de; --paper: #fff; --shade: #f5f5f7; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6ea; --soft: #a0a0aa; --line: #3a3a40; --paper: #17171a; --shade: #222226; } }
body { margin: 0 auto; padding: 1rem 1.2rem 3rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1rem 0 .4rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
p { max-width: 44rem; } .lead, figcaption, caption, footer { color: var(--soft); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; width: 100%; }
caption { text-align: left; padding: .3rem 0; } th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { border-bottom: 2px solid var(--line); white-space: nowrap; } .number { text-align: right; font-variant-numeric: tabular-nums; }
td { overflow-wrap: break-word; max-width: 22rem; } figure { margin: 1.2rem 0; } figure svg { width: 100%; height: auto; display: block; }
pre { background: var(--shade); padding: .6rem .8rem; overflow-x: auto; border-radius: 6px; font-size: .85rem; }
a { color: inherit; } footer { margin-top: 3rem; font-size: .85rem; border-top: 1px solid var(--line); padding-top: .6rem; overflow-wrap: anywhere; }
</style>
)";

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || c == '.' || c == '-';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return encoded;
}

std::string download(std::string_view type, std::string_view bytes, std::string_view file,
                     std::string_view label) {
  return fmt::format("<a download=\"{}\" href=\"data:{};charset=utf-8,{}\">{}</a>", escape(file), type,
                     percent_encoded(bytes), label);
}

}  // namespace

std::string escape(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

Page::Page(std::string title, std::string lead) {
  body_ = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<title>{}</title>\n{}</head>\n<body>\n<h1>{}</h1>\n<p "
      "class=\"lead\">{}</p>\n",
      escape(title), head, escape(title), escape(lead));
}

void Page::heading(std::string_view text) { body_ += fmt::format("<h2>{}</h2>\n", escape(text)); }
void Page::paragraph(std::string_view text) { body_ += fmt::format("<p>{}</p>\n", escape(text)); }
void Page::command(std::string_view line) { body_ += fmt::format("<pre>{}</pre>\n", escape(line)); }

void Page::table(const Table& table, std::string_view caption, std::string_view file) {
  const auto side = [&](std::size_t c) { return table.columns[c].right ? " class=\"number\"" : ""; };
  body_ +=
      fmt::format("<div class=\"scroll\"><table>\n<caption>{} ({})</caption>\n<thead><tr>", escape(caption),
                  download("text/csv", as_csv(table), std::string(file) + ".csv", "CSV"));
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    body_ += fmt::format("<th{}>{}</th>", side(c), escape(table.columns[c].title));
  body_ += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    body_ += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c)
      body_ += fmt::format("<td{}>{}</td>", side(c), escape(row[c]));
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

void Page::figure(const Plot& plot, std::string_view caption, std::string_view file) {
  const std::string svg = as_svg(plot);
  body_ += fmt::format("<figure>\n{}<figcaption>{} ({}, {})</figcaption>\n</figure>\n", svg, escape(caption),
                       download("image/svg+xml", svg, std::string(file) + ".svg", "SVG"),
                       download("text/csv", as_csv(plot), std::string(file) + ".csv", "CSV"));
}

std::string Page::finish(const Json& provenance) {
  body_ += "<footer>";
  for (const auto& [key, value] : provenance.items())
    body_ += fmt::format("{}: {}<br>\n", escape(key),
                         escape(value.is_string() ? value.get<std::string>() : value.dump()));
  return body_ + "</footer>\n</body>\n</html>\n";
}

}  // namespace roundoff::cli::html
