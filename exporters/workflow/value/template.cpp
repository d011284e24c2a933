#include "workflow/value/template.h"

#include <algorithm>

#include "core/text.h"
#include "workflow/value/decimal.h"

namespace finwatch::workflow {
namespace {

// Where the character `at` of a scalar stands. How a text of several lines was indented is not known any more.
Error at_position(const Tree& scalar, std::size_t at, const std::string& message) {
  const std::string_view before = std::string_view(scalar.scalar).substr(0, at);
  if (scalar.scalar.find('\n') == std::string::npos) {
    Position where = scalar.where;
    where.column += static_cast<int>(at) + (scalar.quoted ? 1 : 0);
    return {Errc::config, where.text() + ": " + message};
  }
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  return {Errc::config, scalar.where.text() + ": in line " + std::to_string(line) + " of the text: " + message};
}

// Whether a JSON text is inside quotes after `text` when it was before.
bool still_quoted(std::string_view text, bool quoted) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    }
  }
  return quoted;
}

// The quote or the comment in which a statement stands after `text`: its first character; 0 for neither.
char open_in_sql(std::string_view text, char open) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::string_view two = text.substr(i, 2);
    if (open == '-' || open == '/') {
      if (open == '-' ? c == '\n' : two == "*/") open = 0;
    } else if (open != 0) {
      if (c == open) open = 0;
    } else if (c == '\'' || c == '"' || c == '`') {
      open = c;
    } else if (two == "--" || two == "/*") {
      open = c;
      ++i;
    }
  }
  return open;
}

void keep_derived(const Value& value, const Expression& expression, Variables& variables) {
  if (value.secret && expression.kind != Expression::Kind::literal) variables.masker().add_derived(value.text);
}

Error named(const Error& error, const std::string& written) { return {error.code, written + ": " + error.message}; }

}  // namespace

void Template::add_text(std::string_view text) {
  if (text.empty()) return;
  if (pieces_.empty() || pieces_.back().is_expression) pieces_.emplace_back();
  pieces_.back().text += text;
}

Status Template::add_pieces(const Tree& scalar, const Scope& scope) {
  const std::string_view text = scalar.scalar;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t dollar = std::min(text.find('$', at), text.size());
    add_text(text.substr(at, dollar - at));
    at = dollar;
    if (text.substr(at).starts_with("${")) {
      std::size_t end = at + 2;
      Result<Expression> expression = parse_expression(text, end, scope);
      if (!expression) return at_position(scalar, std::min(end, text.size()), expression.error().message);
      Piece piece;
      piece.text = text.substr(at, end - at);
      piece.is_expression = true;
      piece.expression = std::move(*expression);
      pieces_.push_back(std::move(piece));
      at = end;
    } else if (at < text.size()) {
      add_text("$");
      at += text.substr(at).starts_with("$$") ? 2U : 1U;
    }
  }
  return ok();
}

Result<Template> Template::compile(const Tree& at, const Scope& scope) {
  if (at.kind != Tree::Kind::scalar && at.kind != Tree::Kind::null)
    return {Errc::config, at.where.text() + ": expected a text, found a " + (at.kind == Tree::Kind::list ? "list" : "map")};
  Template compiled;
  if (const Status status = compiled.add_pieces(at, scope); !status) return status.error();
  bool quoted = false;
  for (Piece& piece : compiled.pieces_) {
    piece.inside_quotes = quoted;
    if (!piece.is_expression) quoted = still_quoted(piece.text, quoted);
  }
  return compiled;
}

Result<Template> Template::compile_sql(const Tree& at, const Scope& scope) {
  Result<Template> compiled = compile(at, scope);
  if (!compiled) return compiled;
  char open = 0;
  for (const Piece& piece : compiled->pieces_) {
    if (!piece.is_expression)
      open = open_in_sql(piece.text, open);
    else if (open != 0)
      return {Errc::config, at.where.text() + ": " + piece.text +
                                (open == '-' || open == '/' ? " stands in a comment"
                                                            : " stands inside quotes; it gets its own: leave them out")};
  }
  return compiled;
}

Result<Template> Template::compile(std::string_view text, const Position& where, const Scope& scope) {
  Tree tree;
  tree.kind = Tree::Kind::scalar;
  tree.where = where;
  tree.scalar = text;
  return compile(tree, scope);
}

// At most as deep as a configuration file may be.
Status Template::add_json(const Tree& tree, const Scope& scope) {
  const auto add_quoted = [&](const Tree& scalar) -> Status {
    Template inside;
    if (const Status status = inside.add_pieces(scalar, scope); !status) return status.error();
    const bool keeps_type = &scalar == &tree && inside.pieces_.size() == 1 && inside.pieces_[0].is_expression;
    if (!keeps_type) add_text("\"");
    for (Piece& piece : inside.pieces_) {
      if (!piece.is_expression) {
        add_text(escaped(piece.text, Escape::json));
        continue;
      }
      piece.inside_quotes = !keeps_type;
      pieces_.push_back(std::move(piece));
    }
    if (!keeps_type) add_text("\"");
    return ok();
  };
  switch (tree.kind) {
    case Tree::Kind::null: add_text("null"); return ok();
    case Tree::Kind::scalar: {
      const std::string& text = tree.scalar;
      const bool plain = !tree.quoted && (text == "true" || text == "false" || text == "null" || is_json_number(text));
      if (!plain) return add_quoted(tree);
      add_text(text);
      return ok();
    }
    case Tree::Kind::list:
    case Tree::Kind::map: break;
  }
  const bool map = tree.kind == Tree::Kind::map;
  add_text(map ? "{" : "[");
  for (std::size_t i = 0; i < tree.items.size(); ++i) {
    if (i > 0) add_text(",");
    if (map) {
      Tree key;
      key.kind = Tree::Kind::scalar;
      key.scalar = tree.keys[i];
      key.where = tree.key_where[i];
      if (const Status status = add_quoted(key); !status) return status.error();
      add_text(":");
    }
    if (const Status status = add_json(tree.items[i], scope); !status) return status.error();
  }
  add_text(map ? "}" : "]");
  return ok();
}

Result<Template> Template::compile_json(const Tree& tree, const Scope& scope) {
  Template compiled;
  if (const Status status = compiled.add_json(tree, scope); !status) return status.error();
  return compiled;
}

Status Template::append(const Piece& piece, Variables& variables, Escape escape, std::string& out, bool& secret) {
  if (!piece.is_expression) {
    out += piece.text;
    return ok();
  }
  Value scratch;
  const Result<const Value*> value = piece.expression.evaluate(variables, scratch);
  if (!value) return named(value.error(), piece.text);
  keep_derived(**value, piece.expression, variables);
  secret = secret || (*value)->secret;
  if (escape == Escape::json && !piece.inside_quotes) {
    if ((*value)->kind == Value::Kind::text && utf8_prefix((*value)->text) != (*value)->text.size())
      return {Errc::malformed, piece.text + ": the value is not UTF-8, which JSON needs; base64() carries any bytes"};
    (*value)->write_json(out);
    return ok();
  }
  if (escape == Escape::sql && (*value)->kind != Value::Kind::text && (*value)->kind != Value::Kind::json) {
    if ((*value)->text.starts_with('-')) out += ' ';  // after another - it would begin a comment
    out += (*value)->kind == Value::Kind::null ? "NULL" : (*value)->text;
    return ok();
  }
  if (const Status status = append_escaped((*value)->text, escape, out); !status) return named(status.error(), piece.text);
  return ok();
}

Status Template::render(Variables& variables, Escape escape, std::string& out, bool* secret) const {
  bool has_secret = false;
  for (const Piece& piece : pieces_)
    if (Status status = append(piece, variables, escape, out, has_secret); !status) return status;
  if (secret != nullptr) *secret = *secret || has_secret;
  return ok();
}

Result<Value> Template::value(Variables& variables) const {
  Value whole = Value::of_text({});
  if (pieces_.size() != 1 || !pieces_[0].is_expression) {
    if (const Status status = render(variables, Escape::none, whole.text, &whole.secret); !status) return status.error();
    return whole;
  }
  const Result<const Value*> value = pieces_[0].expression.evaluate(variables, whole);
  if (!value) return named(value.error(), pieces_[0].text);
  keep_derived(**value, pieces_[0].expression, variables);
  return **value;
}

Result<Value> Template::json_value(Variables& variables) const {
  std::string text;
  bool secret = false;
  if (const Status status = render(variables, Escape::json, text, &secret); !status) return status.error();
  Result<Value> value = Value::of_json(text);
  if (value) value->secret = secret;
  return value;
}

std::string Template::show(Variables& variables, Escape escape) const {
  std::string out;
  bool secret = false;
  for (const Piece& piece : pieces_)
    if (!append(piece, variables, escape, out, secret)) out += piece.text;
  return variables.masker().mask(out);
}

bool Template::is_fixed() const {
  return std::none_of(pieces_.begin(), pieces_.end(), [](const Piece& piece) { return piece.is_expression; });
}

}  // namespace finwatch::workflow
