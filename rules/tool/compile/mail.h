// The text of the e-mail that Alertmanager sends: plain, short, in the organisation's languages, with the names of the contract.
#pragma once

#include "rules/tool/compile/compile.h"

namespace finwatch::rules {

/// templates/mail.tmpl with the templates finwatch.subject and finwatch.text.
File mail_template(const Contract& contract);

}  // namespace finwatch::rules
