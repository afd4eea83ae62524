#include "python/src/json.hpp"

#include <nlohmann/json.hpp>

namespace roundoff::python {

py::object to_python(const nlohmann::ordered_json& document) {
  using Type = nlohmann::ordered_json::value_t;
  switch (document.type()) {
    case Type::object: {
      py::dict made;
      for (const auto& [key, value] : document.items()) made[py::str(key)] = to_python(value);
      return made;
    }
    case Type::array: {
      py::list made;
      for (const auto& value : document) made.append(to_python(value));
      return made;
    }
    case Type::string: {
      // What came from a file may be no UTF-8.
      const auto& text = document.get_ref<const std::string&>();
      return py::reinterpret_steal<py::object>(
          PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "replace"));
    }
    case Type::boolean:
      return py::bool_(document.get<bool>());
    case Type::number_integer:
      return py::int_(document.get<std::int64_t>());
    case Type::number_unsigned:
      return py::int_(document.get<std::uint64_t>());
    case Type::number_float:
      return py::float_(document.get<double>());
    default:
      return py::none();
  }
}

}  // namespace roundoff::python
