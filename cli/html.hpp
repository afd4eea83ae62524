// The one writer of HTML: a self-contained page without scripts or network, for light and dark, desktop and
// phone. Figures and tables carry their data as downloads (data: links).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/answer.hpp"
#include "cli/plot.hpp"

namespace roundoff::cli::html {

/// & < > and quotes, for text and attributes.
std::string escape(std::string_view text);

class Page {
 public:
  /// `lead` is a sentence or two under the title.
  Page(std::string title, std::string lead);

  void heading(std::string_view text);
  void paragraph(std::string_view text);
  /// A shell command to copy.
  void command(std::string_view line);
  /// Scrolls sideways by itself where the screen is narrow.
  void table(const Table& table, std::string_view caption, std::string_view file);
  void figure(const Plot& plot, std::string_view caption, std::string_view file);
  /// Where it all comes from, at the end.
  std::string finish(const Json& provenance);

 private:
  std::string body_;
};

}  // namespace roundoff::cli::html
