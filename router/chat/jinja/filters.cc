#include "router/chat/jinja/filters.h"

namespace baton {
namespace jinja {

const Filter* FindFilter(absl::string_view name) {
  for (const auto& table : {StringFilters(), NumberFilters(), SequenceFilters(), SelectFilters()}) {
    for (const Filter& filter : table) {
      if (filter.name == name) return &filter;
    }
  }
  return nullptr;
}

}  // namespace jinja
}  // namespace baton
