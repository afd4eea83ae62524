// The one writer of HTML: a self-contained page without scripts or network, for light and dark, desktop and
// phone. Figures and tables carry their data as downloads (data: links); the same files can be written beside
// the page.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/report/chart.hpp"
#include "cli/names.hpp"
#include "cli/views/answer.hpp"

namespace roundoff::cli::html {

/// & < > and quotes, for text and attributes.
std::string escape(std::string_view text);

class Page {
 public:
  /// `lead` is a sentence or two under the title.
  Page(std::string title, std::string lead);

  /// A section; the sections are listed at the top of the page.
  void heading(std::string_view text);
  void subheading(std::string_view text);
  void paragraph(std::string_view text);
  /// A shell command to copy.
  void command(std::string_view line);
  /// What stands between is shown on request only.
  void open_details(std::string_view summary);
  void close_details();
  /// Scrolls sideways by itself where the screen is narrow. `file` is the name of the CSV without its ending.
  void table(const Table& table, std::string_view caption, const std::string& file);
  /// The chart, its caption, and SVG and CSV named after its id.
  void figure(const Chart& chart);
  /// Figures between these stand side by side where there is room.
  void open_figures();
  void close_figures();

  /// Where it all comes from, at the end.
  std::string finish(const Json& provenance) const;
  /// What can be downloaded from the page, by file name.
  const std::map<std::string, std::string>& files() const { return files_; }

 private:
  /// A link that holds the bytes.
  std::string download(std::string_view type, const std::string& bytes, const std::string& file,
                       std::string_view label);

  std::string title_, lead_, body_;
  std::vector<std::string> sections_;
  std::map<std::string, std::string> files_;
};

}  // namespace roundoff::cli::html
