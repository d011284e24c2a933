// Texts with ${…} in them, compiled once and worked out in each run.
//
//   Result<Template> url = Template::compile(*reader.child("url"), scope);      // "https://${host}/pay?sign=${sha256(body)}"
//   if (!url) return url.error();                      // flow.yml:12:9: unknown variable 'hots'; did you mean 'host'?
//   std::string text;
//   if (Status status = url->render(variables, Escape::none, text); !status) return status.error();
//
// Inside ${…}: a name; a value inside one that is JSON, ${name.field[0]} or the pointer ${name/field/0}; a 'text', a number,
// true, false; a function of these, ${add_days(today(), 3)}. $$ is a dollar. What stands in ${…} is escaped as its place asks;
// what stands around it is not. A text body that is JSON knows whether a ${…} stands inside quotes: {"id": ${id}, "name": "${name}"}.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/tree.h"
#include "workflow/value/encode.h"
#include "workflow/value/functions.h"
#include "workflow/value/json_path.h"

namespace finwatch::workflow {

/// What stands in one ${…}.
struct Expression {
  enum class Kind : unsigned char { literal, variable, call };

  Kind kind = Kind::literal;
  Value literal;                         // Kind::literal
  std::string name;                      // of the variable, for messages
  std::size_t place = 0;                 // of the variable
  std::shared_ptr<const JsonPath> path;  // inside the variable, where there is one
  const Function* function = nullptr;    // Kind::call
  std::vector<Expression> arguments;

  /// Points to a variable, to the literal, or to `scratch`.
  Result<const Value*> evaluate(const Variables& variables, Value& scratch) const;
};

/// The expression at `text[at]`, after its "${", up to and with its "}". config, with the character in `at` where it is wrong.
Result<Expression> parse_expression(std::string_view text, std::size_t& at, const Scope& scope);

class Template {
 public:
  /// Of the scalar `at`; config with file:line:column.
  static Result<Template> compile(const Tree& at, const Scope& scope);
  /// Of a YAML tree, as the JSON text that it stands for. A scalar that is exactly one ${…} keeps the type of its value; plain
  /// numbers, true, false and null are themselves, digit by digit, and what is quoted is text. Rendered with Escape::json.
  static Result<Template> compile_json(const Tree& tree, const Scope& scope);
  /// Of a statement. A ${…} is a whole literal there, quoted as its value needs, so that inside quotes, which would end at it, or
  /// in a comment it is an error. Rendered with Escape::sql.
  static Result<Template> compile_sql(const Tree& at, const Scope& scope);
  /// Of a text of our own, for defaults; `where` for messages.
  static Result<Template> compile(std::string_view text, const Position& where, const Scope& scope);

  /// Behind `out`. unavailable for a variable that no step set or a value that is not in it, malformed for what a function or the
  /// place refuses; messages name no secret. Secrets that functions make are masked from now on. `secret` becomes true where a
  /// secret went in.
  Status render(Variables& variables, Escape escape, std::string& out, bool* secret = nullptr) const;
  /// A template that is exactly one ${…} keeps the type of its value; any other is text.
  Result<Value> value(Variables& variables) const;
  /// Of one made by compile_json.
  Result<Value> json_value(Variables& variables) const;
  /// For people: rendered and masked; a part that cannot be worked out yet as it stands in the file.
  std::string show(Variables& variables, Escape escape) const;

  /// Without any ${…}.
  bool is_fixed() const;

 private:
  struct Piece {
    std::string text;  // as it is; of an expression, as it stands in the file
    bool is_expression = false;
    bool inside_quotes = true;  // for Escape::json
    Expression expression;
  };
  static Status append(const Piece& piece, Variables& variables, Escape escape, std::string& out, bool& secret);
  void add_text(std::string_view text);
  Status add_pieces(const Tree& scalar, const Scope& scope);
  Status add_json(const Tree& tree, const Scope& scope);

  std::vector<Piece> pieces_;
};

}  // namespace finwatch::workflow
