#include "workflow/value/xml.h"

#include <cctype>
#include <cmath>
#include <pugixml.hpp>

#include "conf/words.h"
#include "core/text.h"

namespace finwatch::workflow {
namespace {

constexpr std::size_t kMostBytes = 16U << 20;
constexpr int kMostDepth = 256;

bool declares_namespace(std::string_view attribute) { return attribute == "xmlns" || attribute.starts_with("xmlns:"); }

std::string_view local_part(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// The namespace of a prefix (empty: of none) at an element, by the nearest xmlns around it.
std::string_view namespace_of(const std::string& attribute, pugi::xml_node at) {
  for (; at; at = at.parent())
    if (const pugi::xml_attribute found = at.attribute(attribute.c_str())) return found.value();
  return {};
}

// Renames what a document holds, so that an XPath finds it by the names that it uses.
class Renamer final : public pugi::xml_tree_walker {
 public:
  explicit Renamer(const Namespaces* namespaces) : namespaces_(namespaces) {}
  bool too_deep() const { return too_deep_; }

  bool for_each(pugi::xml_node& node) override {
    if (depth() > kMostDepth) {
      too_deep_ = true;
      return false;
    }
    if (node.type() != pugi::node_element) return true;
    // A child asks its parents for their xmlns, never for their names: renaming on the way down is safe.
    if (const std::string name = renamed(node.name(), node, true); name != node.name()) node.set_name(name.c_str());
    for (pugi::xml_attribute attribute : node.attributes()) {
      if (declares_namespace(attribute.name())) continue;
      if (const std::string name = renamed(attribute.name(), node, false); name != attribute.name())
        attribute.set_name(name.c_str());
    }
    return true;
  }

 private:
  std::string renamed(std::string_view name, const pugi::xml_node& at, bool takes_default) const {
    const std::string_view local = local_part(name);
    if (namespaces_ == nullptr) return std::string(local);
    const bool prefixed = local.size() < name.size();
    if (!prefixed && !takes_default) return std::string(name);
    const std::string_view uri =
        namespace_of(prefixed ? "xmlns:" + std::string(name.substr(0, name.size() - local.size() - 1)) : "xmlns", at);
    for (const auto& [prefix, wanted] : *namespaces_)
      if (!uri.empty() && wanted == uri) return prefix + ":" + std::string(local);
    return std::string(local);
  }

  const Namespaces* namespaces_;
  bool too_deep_ = false;
};

Status load(pugi::xml_document& document, std::string_view text, const Namespaces* namespaces) {
  if (text.size() > kMostBytes) return {Errc::malformed, "not read as XML: more than 16 MiB"};
  const pugi::xml_parse_result parsed = document.load_buffer(text.data(), text.size());
  if (!parsed)
    return {Errc::malformed, std::string("not XML: ") + parsed.description() + " at byte " + std::to_string(parsed.offset)};
  Renamer renamer(namespaces);
  document.traverse(renamer);
  if (renamer.too_deep()) return {Errc::malformed, "not read as XML: more than 256 levels"};
  return ok();
}

// The prefixes that an XPath uses: a name before a single colon, outside of quotes.
std::vector<std::string> prefixes_of(std::string_view text) {
  std::vector<std::string> prefixes;
  std::string name;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
      name.clear();
    } else if (c == ':') {
      if (text.substr(i).starts_with("::")) {
        ++i;
      } else if (!name.empty()) {
        prefixes.push_back(name);
      }
      name.clear();
    } else if ((std::isalnum(static_cast<unsigned char>(c)) != 0) || c == '_' || c == '-' || c == '.') {
      name += c;
    } else {
      name.clear();
    }
  }
  return prefixes;
}

}  // namespace

struct Xml::Document {
  std::string text;          // for an XPath with namespaces of its own
  pugi::xml_document local;  // all prefixes taken off
};

struct XPath::Compiled {
  pugi::xpath_query query;
  pugi::xpath_query content{"string(.)"};
  Namespaces namespaces;
};

Result<Xml> Xml::parse(std::string_view text) {
  auto document = std::make_shared<Document>();
  if (const Status status = load(document->local, text, nullptr); !status) return status.error();
  document->text = text;
  Xml xml;
  xml.document_ = std::move(document);
  return xml;
}

Result<XPath> XPath::compile(std::string_view text, Namespaces namespaces) {
  std::vector<std::string_view> known;
  for (const auto& [prefix, uri] : namespaces) known.push_back(prefix);
  for (const std::string& prefix : prefixes_of(text)) {
    if (namespaces.contains(prefix)) continue;
    return {Errc::config, "'" + std::string(text) + "': the prefix '" + prefix + "' is not in 'namespaces'" +
                              did_you_mean(prefix, known) +
                              (known.empty() ? "; without 'namespaces', write names without a prefix" : "")};
  }
  auto compiled = std::make_shared<Compiled>();
  compiled->namespaces = std::move(namespaces);
  try {
    compiled->query = pugi::xpath_query(std::string(text).c_str());
  } catch (const pugi::xpath_exception& error) {
    return {Errc::config, valid_utf8("'" + std::string(text) + "': " + error.what() + " at character " +
                                     std::to_string(error.result().offset + 1))};
  }
  XPath path;
  path.compiled_ = std::move(compiled);
  return path;
}

Result<std::vector<Value>> XPath::select(const Xml& xml) const {
  pugi::xml_document renamed;
  const pugi::xml_node* root = &xml.document_->local;
  if (!compiled_->namespaces.empty()) {
    if (const Status status = load(renamed, xml.document_->text, &compiled_->namespaces); !status) return status.error();
    root = &renamed;
  }
  std::vector<Value> found;
  try {
    switch (compiled_->query.return_type()) {
      case pugi::xpath_type_boolean: found.push_back(Value::of_boolean(compiled_->query.evaluate_boolean(*root))); break;
      case pugi::xpath_type_number:
        if (std::isfinite(compiled_->query.evaluate_number(*root)))
          found.push_back(Value::of_number(compiled_->query.evaluate_string(*root)));
        break;
      case pugi::xpath_type_string: found.push_back(Value::of_text(valid_utf8(compiled_->query.evaluate_string(*root)))); break;
      default: {
        pugi::xpath_node_set nodes = compiled_->query.evaluate_node_set(*root);
        nodes.sort();
        for (const pugi::xpath_node& node : nodes)
          found.push_back(Value::of_text(
              valid_utf8(node.attribute() ? node.attribute().value() : compiled_->content.evaluate_string(node))));
      }
    }
  } catch (const std::exception& error) {  // memory
    return {Errc::unavailable, std::string("XPath: ") + error.what()};
  }
  return found;
}

}  // namespace finwatch::workflow
