// What is refused, when and how: unsupported syntax at load time, limits, and inputs made to break
// the interpreter.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "router/chat/jinja/json.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/template.h"

namespace baton {
namespace jinja {
namespace {

absl::Status ParseStatus(absl::string_view source) { return Template::Parse(source).status(); }

absl::StatusOr<Text> Render(absl::string_view source, const Limits& limits = Limits()) {
  Runtime runtime(limits, absl::UnixEpoch(), absl::UTCTimeZone());
  auto parsed = Template::Parse(source);
  if (!parsed.ok()) return parsed.status();
  return (*parsed)->Render(runtime, Dict());
}

std::string Repeated(absl::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) absl::StrAppend(&out, text);
  return out;
}

TEST(TemplateErrorsTest, WhatIsNotSupportedIsNamedAtLoadTime) {
  const std::pair<const char*, const char*> kCases[] = {
      {"a\n{% include 'x' %}", "line 2: not supported: the tag 'include'"},
      {"{% extends 'x' %}", "the tag 'extends'"},
      {"{% block b %}{% endblock %}", "the tag 'block'"},
      {"{% import 'x' as y %}", "the tag 'import'"},
      {"{% do x %}", "the tag 'do'"},
      {"{% if false %}{{ x | wordwrap }}{% endif %}", "the filter 'wordwrap'"},
      {"{{ l | map('urlize') }}", "the filter 'urlize'"},
      {"{{ l | select('prime') }}", "the test 'prime'"},
      {"{{ l | selectattr('a', 'prime') }}", "the test 'prime'"},
      {"{{ x is prime }}", "the test 'prime'"},
      {"\n\n{{ lipsum() }}", "line 3: not supported: the function 'lipsum'"},
      {"{{ '{}'.format(1) }}", "the method 'format'"},
      {"{{ '%s' % 1 }}", "formatting with the operator '%'"},
      {"{% for x in l recursive %}{% endfor %}", "recursive loops"},
      {"{% for x in l %}{{ loop(x) }}{% endfor %}", "recursive loops"},
      {"{{ 99999999999999999999 }}", "the integer 99999999999999999999"},
      {"{{ '\\N{DASH}' }}", "the escape \\N"},
      {"{{ é }}", "outside ASCII"},
  };
  for (const auto& [source, message] : kCases) {
    const absl::Status status = ParseStatus(source);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << source << ": " << status;
    EXPECT_NE(std::string(status.message()).find(message), std::string::npos) << status;
  }
}

TEST(TemplateErrorsTest, SyntaxErrorsNameTheLine) {
  const absl::Status status = ParseStatus("a\nb\n{{ 1 + }}");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "chat template: line 3: expected an expression, found '}}'");
  EXPECT_EQ(ParseStatus("\xff").message(), "chat template: not UTF-8");
}

TEST(TemplateErrorsTest, RuntimeErrorsNameTheLine) {
  EXPECT_EQ(Render("\n{{ missing.x }}").status().message(),
            "chat template: line 2: 'missing' is undefined");
  EXPECT_EQ(Render("{% macro m() %}\n\n{{ 1 + 'a' }}{% endmacro %}{{ m() }}").status().message(),
            "chat template: line 3: unsupported operand types for +: 'int' and 'str'");
  EXPECT_EQ(Render("{{ raise_exception('own words') }}").status().message(), "own words");
}

TEST(TemplateErrorsTest, IntegersBeyond64BitsAreErrors) {
  for (const char* source :
       {"{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 3 ** 41 }}",
        "{{ 9223372036854775807 * 2 }}", "{{ '9223372036854775808' | int }}", "{{ 1e19 | int }}",
        "{{ (-9223372036854775807 - 1) // -1 }}", "{{ -(-9223372036854775807 - 1) }}",
        "{{ (-9223372036854775807 - 1) | abs }}"}) {
    EXPECT_EQ(Render(source).status().code(), absl::StatusCode::kOutOfRange) << source;
  }
}

TEST(TemplateErrorsTest, LimitsEndHostileTemplates) {
  const std::string sources[] = {
      "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{% macro f(x) %}{{ f(x) }}{{ f(x) }}{% endmacro %}{{ f(1) }}",
      "{{ 'x' * 9223372036854775807 }}",
      "{{ [0] * 9223372036854775807 }}",
      "{{ 'x' | indent(9223372036854775807, true) }}",
      "{{ 'x'.center(9223372036854775807) }}",
      "{{ 'x'.zfill(9223372036854775807) }}",
      "{{ [1] | batch(9223372036854775807, 0) | list }}",
      "{{ 'x' * 20000000 }}",
      "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% "
      "endfor %}",
      "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% "
      "endfor %}",
      "{% set ns = namespace(x=1) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}",
      "{% set ns = namespace(x=1) %}{% for i in range(9999) %}{% set ns.x = {'a': ns.x} %}{% "
      "endfor %}",
      "{% set ns = namespace(x=1) %}{% for i in range(9999) %}{% set ns.x = [ns.x].copy %}{% "
      "endfor %}",
      "{% set ns = namespace(x=1) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor "
      "%}"
      "{{ ns.x == ns.x + [] }}{{ ns.x | tojson }}",
      "{% set ns = namespace(x=1) %}{% for i in range(90) %}{% set ns.x = (ns.x, ns.x) %}{% endfor "
      "%}"
      "{{ {ns.x: 1} }}",
      "{{ ('a' * 3000000).replace('', 'bbbbbbbbbbbbbbbb' * 1000) }}",
      "{{ 'a' * 3000000 ~ 'b' in 'a' * 9000000 }}",
      "{{ ('a' * 9000000).strip('b' * 3000000 ~ 'a') }}",
  };
  Limits limits;
  limits.max_steps = 1000000;
  limits.max_allocated_bytes = size_t{64} << 20;
  for (const std::string& source : sources) {
    const absl::Status status = Render(source, limits).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << source << ": " << status;
  }
}

TEST(TemplateErrorsTest, DefaultLimitsLeaveRoomForLongConversations) {
  const absl::StatusOr<Text> text = Render(
      "{% set content = 'x' * 4000 %}{% for m in range(4000) %}"
      "{{ '<|im_start|>' + 'user' + '\\n' + content | trim + '<|im_end|>' }}{% endfor %}");
  EXPECT_TRUE(text.ok()) << text.status();
}

TEST(TemplateErrorsTest, DeepNestingIsRefusedNotCrashed) {
  const int n = 20000;
  const std::string sources[] = {
      absl::StrCat("{{ ", Repeated("(", n), "1", Repeated(")", n), " }}"),
      absl::StrCat("{{ ", Repeated("[", n), Repeated("]", n), " }}"),
      absl::StrCat("{{ ", Repeated("not ", n), "1 }}"),
      absl::StrCat("{{ ", Repeated("- ", n), "1 }}"),
      absl::StrCat("{{ 1", Repeated(" + 1", n), " }}"),
      absl::StrCat("{{ 1", Repeated(" if 1 else 1", n), " }}"),
      absl::StrCat("{{ 1", Repeated(" and 1", n), " }}"),
      absl::StrCat("{{ x", Repeated(".a", n), " }}"),
      absl::StrCat("{{ x", Repeated("|list", n), " }}"),
      absl::StrCat(Repeated("{%if 1%}", n / 2), Repeated("{%endif%}", n / 2)),
      absl::StrCat("{% for ", Repeated("(", n), "a", Repeated(")", n), " in x %}{% endfor %}"),
  };
  for (const std::string& source : sources) {
    EXPECT_EQ(ParseStatus(source).code(), absl::StatusCode::kUnimplemented) << source.substr(0, 40);
  }
}

TEST(TemplateErrorsTest, ValuesThatHoldThemselvesAreFreed) {
  // Under a leak checker: namespaces, macros and loops that refer to themselves.
  for (const char* source :
       {"{% set ns = namespace() %}{% set ns.me = ns %}",
        "{% set ns = namespace() %}{% set ns.l = [ns, [ns]] %}",
        "{% macro m() %}{{ m }}{% endmacro %}{% set ns = namespace(m=m) %}",
        "{% set ns = namespace() %}{% for x in [1] %}{% set ns.l = [loop, loop.cycle] %}"
        "{% set y = loop.changed(loop) %}{% endfor %}",
        "{% set ns = namespace(x=1) %}{% for k in range(9999) %}{% for i in [ns.x] %}"
        "{% set ns.x = loop %}{% endfor %}{% endfor %}"}) {
    EXPECT_TRUE(Render(source).ok()) << source << Render(source).status();
  }
}

TEST(TemplateErrorsTest, AMacroDoesNotOutliveItsScope) {
  EXPECT_EQ(
      Render("{% set ns = namespace() %}{% for x in [1] %}{% macro m() %}{{ x }}{% endmacro %}"
             "{% set ns.m = m %}{% endfor %}{% set m = ns.m %}{{ m() }}")
          .status()
          .code(),
      absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace jinja
}  // namespace baton
