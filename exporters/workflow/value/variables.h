// What a run of a flow knows by name: texts, numbers, truths, JSON; which of them are secret; and what functions may ask for.
//
//   Scope scope;                                         // while the file is read: which names are set before which step
//   const std::size_t token = scope.add("token");
//   Variables variables(scope);                          // for each run
//   variables.set(token, Value::of_text("s3cret", true));
//   log(variables.masker().mask(message));               // the secret, and whatever functions made of it, is ****
//
// A Scope outlives the templates compiled with it and the Variables made of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/environment.h"
#include "core/json.h"
#include "crypto/crypto.h"
#include "workflow/value/calendar.h"
#include "workflow/value/masker.h"

namespace finwatch::workflow {

struct Value {
  enum class Kind : unsigned char {
    unset,  // no step set it
    null,   // a NULL of SQL, a null of JSON; as text it is empty
    text,
    number,   // as JSON writes numbers, never a double
    boolean,  // true or false
    json,     // a list or a map, as compact JSON text
  };

  Kind kind = Kind::unset;
  bool secret = false;
  std::string text;
  std::shared_ptr<const Json> json;  // of Kind::json

  static Value of_null() { return {Kind::null, false, {}, {}}; }
  static Value of_text(std::string text, bool secret = false) { return {Kind::text, secret, std::move(text), {}}; }
  static Value of_boolean(bool value) { return {Kind::boolean, false, value ? "true" : "false", {}}; }
  /// A number where JSON can write it so, else text ("007" is an account).
  static Value of_number(std::string text);
  static Value of_number(long long number) { return of_number(std::to_string(number)); }
  /// Of any JSON value: "true" becomes a boolean, "[1]" a list. malformed when it is none.
  static Result<Value> of_json(std::string_view text);
  static Value of(JsonRef value);
  /// A list of texts, as JSON.
  static Value of_list(const std::vector<std::string>& texts);

  /// As a JSON value: a text in quotes, a number as it is.
  void write_json(std::string& out) const;
};

/// Everything but unset, null, an empty text, 0 and false: what `when` and the functions all, any and not go by.
bool is_true(const Value& value);

/// What functions may ask for besides their arguments.
struct Context {
  const Clock* clock = &system_clock();
  const Calendar* calendar = &plain_calendar();
  Random* random = &secure_random();
};

class Scope {
 public:
  /// With `context`, calls with fixed arguments are tried when they are compiled, so that a wrong time format, zone or key is
  /// an error of the file.
  explicit Scope(Context context = {}) : context_(context) {}

  /// The place of `name`, which is made when there is none.
  std::size_t add(std::string_view name);
  std::optional<std::size_t> find(std::string_view name) const;
  const std::vector<std::string>& names() const { return names_; }
  const Context& context() const { return context_; }

  /// A letter or _, then letters, digits and _.
  static bool is_name(std::string_view text);

 private:
  std::vector<std::string> names_;
  Context context_;
};

class Variables {
 public:
  explicit Variables(const Scope& scope) : Variables(scope, scope.context()) {}
  Variables(const Scope& scope, Context context) : scope_(&scope), context_(context), values_(scope.names().size()) {}

  /// A secret one is masked from now on, and so are the values inside it when it is JSON.
  void set(std::size_t place, Value value);
  /// Nothing happens for a name that the scope does not have: no template can ask for it.
  void set(std::string_view name, Value value);
  void unset(std::size_t place) { values_[place] = {}; }
  const Value& get(std::size_t place) const { return values_[place]; }
  const Value& get(std::string_view name) const;

  Masker& masker() { return masker_; }
  const Masker& masker() const { return masker_; }
  const Context& context() const { return context_; }

 private:
  const Scope* scope_;
  Context context_;
  std::vector<Value> values_;
  Masker masker_;
};

}  // namespace finwatch::workflow
