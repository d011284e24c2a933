// An XML answer (SOAP, an IDoc, a page of Tomcat's manager) and XPath 1.0 over it, by pugixml.
//
//   Result<XPath> path = XPath::compile("//Body/item[2]/amount", {});            // config when it is no XPath
//   Result<Xml> xml = Xml::parse(body);
//   Result<std::vector<Value>> found = path->select(*xml);                       // texts; a number for count(…)
//
// Namespaces: without a map of prefixes, an XPath names elements by their local names, whatever prefix the answer chose. With
// one, {soap: "http://schemas.xmlsoap.org/soap/envelope/"}, its prefixes stand for these namespaces, whatever the answer
// calls them, and a name without a prefix is one of no namespace in the map. Entities of a DTD are never expanded, nothing is
// ever fetched. At most 16 MiB and 256
// levels.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "workflow/value/variables.h"

namespace finwatch::workflow {

using Namespaces = std::map<std::string, std::string>;  // prefix → URI

class Xml {
 public:
  static Result<Xml> parse(std::string_view text);

 private:
  friend class XPath;
  struct Document;
  std::shared_ptr<const Document> document_;
};

class XPath {
 public:
  static Result<XPath> compile(std::string_view text, Namespaces namespaces);
  Result<std::vector<Value>> select(const Xml& xml) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace finwatch::workflow
