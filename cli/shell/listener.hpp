// Who hears a command in the place of the terminal: another face, which takes the answer as a value and shows progress in
// its own way. Without one (Session::listener is null) the terminal is told.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/names.hpp"

namespace roundoff::cli {

struct Table;  // views/answer.hpp

class Listener {
 public:
  virtual ~Listener() = default;
  /// The answer in every form, once: as people read it ("" where a command has no words for it), as a table (without
  /// columns where it is none), and as the document that --json prints.
  virtual void answer(const std::string& text, const Table& table,
                      const nlohmann::ordered_json& document) = 0;
  /// `of` = 0 when the total is not known. From the thread that runs the command.
  virtual void progress(const std::string& what, double done, double of) = 0;
  /// A line that is to be kept: a warning, what takes long.
  virtual void note(const std::string& line) = 0;
  /// Whether to stop where the work can be resumed. From any thread.
  virtual bool interrupted() = 0;
};

}  // namespace roundoff::cli
