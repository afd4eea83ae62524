// Long work for Python: on a thread of its own, without the interpreter's lock, while the caller's thread looks for
// signals and shows progress.
#pragma once

#include <functional>

#include "python/src/module.hpp"

#include "cli/shell/listener.hpp"

namespace roundoff::python {

/// Runs `work` with a listener. `show(what, done, of)` is called in the caller's thread, a few times a second, where it
/// is not None; notes become warnings. What `work` throws is thrown; KeyboardInterrupt, or what `show` throws, once
/// `work` has stopped.
void call(const std::function<void(cli::Listener&)>& work, const py::object& show,
          const std::function<void(const std::string& text, const cli::Table& table,
                                   const nlohmann::ordered_json& document)>& answered);

}  // namespace roundoff::python
