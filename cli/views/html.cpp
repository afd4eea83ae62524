#include "cli/views/html.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/views/plot.hpp"

namespace roundoff::cli::html {
namespace {

constexpr std::string_view head = R"(<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --ink: #1d1d1f; --soft: #5c5c66; --line: #d9d9de; --paper: #fff; --shade: #f5f5f7; --link: #0058a3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6ea; --soft: #a4a4ae; --line: #3a3a40; --paper: #17171a; --shade: #222226; --link: #7cc0f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem 1.2rem 3rem; max-width: 76rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1rem 0 .4rem; } h2 { font-size: 1.25rem; margin: 2.6rem 0 .4rem; border-top: 1px solid var(--line); padding-top: 1rem; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; } p { max-width: 46rem; margin: .5rem 0; overflow-wrap: anywhere; } .lead, figcaption, caption, footer { color: var(--soft); }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .8rem 0; } a { color: var(--link); }
.scroll { overflow-x: auto; margin: .6rem 0; } table { border-collapse: collapse; font-size: .85rem; min-width: 100%; }
caption { text-align: left; padding: .3rem 0; } th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { border-bottom: 2px solid var(--line); vertical-align: bottom; } td { min-width: 4.5rem; max-width: 24rem; overflow-wrap: break-word; white-space: pre-line; }
.number { text-align: right; font-variant-numeric: tabular-nums; min-width: 2rem; } td.code { font: .8rem/1.5 ui-monospace, monospace; max-width: 34rem; overflow-wrap: anywhere; min-width: 9rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 2rem; }
figure { margin: 1.2rem 0; max-width: 36rem; } figure svg { width: 100%; height: auto; display: block; } figcaption { font-size: .85rem; }
pre { background: var(--shade); padding: .6rem .8rem; overflow-x: auto; border-radius: 6px; font-size: .8rem; }
details { margin: .8rem 0; } summary { cursor: pointer; color: var(--link); }
@media (max-width: 40rem) { td { min-width: 8rem; } td:first-child, td.number { min-width: 3rem; } }
footer { margin-top: 3rem; font-size: .85rem; border-top: 1px solid var(--line); padding-top: .6rem; overflow-wrap: anywhere; }
</style>
)";

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size() * 2);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || c == '.' || c == '-' || c == ',' || c == '/' ||
                       c == '=' || c == ':' || c == ';' || c == '(' || c == ')';
    if (plain)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", byte);
  }
  return encoded;
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

Page::Page(std::string title, std::string lead) : title_(std::move(title)), lead_(std::move(lead)) {}

void Page::heading(std::string_view text) {
  sections_.emplace_back(text);
  body_ += fmt::format("<h2 id=\"s{}\">{}</h2>\n", sections_.size(), escape(text));
}
void Page::subheading(std::string_view text) { body_ += fmt::format("<h3>{}</h3>\n", escape(text)); }
void Page::paragraph(std::string_view text) { body_ += fmt::format("<p>{}</p>\n", escape(text)); }
void Page::command(std::string_view line) { body_ += fmt::format("<pre>{}</pre>\n", escape(line)); }
void Page::open_details(std::string_view summary) {
  body_ += fmt::format("<details>\n<summary>{}</summary>\n", escape(summary));
}
void Page::close_details() { body_ += "</details>\n"; }
void Page::open_figures() { body_ += "<div class=\"figures\">\n"; }
void Page::close_figures() { body_ += "</div>\n"; }

std::string Page::download(std::string_view type, const std::string& bytes, const std::string& file,
                           std::string_view label) {
  files_[file] = bytes;
  return fmt::format("<a download=\"{}\" href=\"data:{};charset=utf-8,{}\">{}</a>", escape(file), type,
                     percent_encoded(bytes), label);
}

void Page::table(const Table& table, std::string_view caption, const std::string& file) {
  const auto side = [&](std::size_t c) {
    return table.columns[c].right ? " class=\"number\"" : table.columns[c].code ? " class=\"code\"" : "";
  };
  body_ += fmt::format("<div class=\"scroll\"><table>\n<caption>{} ({})</caption>\n<thead><tr>",
                       escape(caption), download("text/csv", as_csv(table), file + ".csv", "CSV"));
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    body_ += fmt::format("<th{}>{}</th>", table.columns[c].right ? " class=\"number\"" : "",
                         escape(table.columns[c].title));
  body_ += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    body_ += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c)
      body_ += fmt::format("<td{}>{}</td>", side(c), escape(row[c]));
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

void Page::figure(const Chart& chart) {
  const std::string svg = as_svg(chart);
  body_ += fmt::format("<figure>\n{}<figcaption>{} ({}, {})</figcaption>\n</figure>\n", svg,
                       escape(caption_text(chart)), download("image/svg+xml", svg, chart.id + ".svg", "SVG"),
                       download("text/csv", as_csv(chart), chart.id + ".csv", "CSV"));
}

std::string Page::finish(const Json& provenance) const {
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<title>{}</title>\n{}</head>\n<body>\n<h1>{}</h1>\n<p "
      "class=\"lead\">{}</p>\n",
      escape(title_), head, escape(title_), escape(lead_));
  if (sections_.size() > 1) {
    page += "<nav>";
    for (std::size_t i = 0; i < sections_.size(); ++i)
      page += fmt::format("<a href=\"#s{}\">{}</a>\n", i + 1, escape(sections_[i]));
    page += "</nav>\n";
  }
  page += body_ + "<footer>";
  for (const auto& [key, value] : provenance.items())
    page += fmt::format("{}: {}<br>\n", escape(key),
                        escape(value.is_string() ? value.get<std::string>() : value.dump()));
  return page + "</footer>\n</body>\n</html>\n";
}

}  // namespace roundoff::cli::html
