"""What the laboratory company has in Tryton: itself, a chart of accounts, the periods of last year and this, a test journal, a maker and a checker.

    TRYTOND_CONFIG=trytond.conf python3 tryton_company.py DATABASE FOLDER

FOLDER holds maker.password and checker.password. Works inside the server's own code (proteus), on a database that has its tables. What is
there already is kept, so it may be run again: in January it adds the new year. Tryton 6.0.
"""
import datetime
import pathlib
import sys

from proteus import Model, Wizard, config

# Name, under which, statement, what Tryton takes it for.
TYPES = (("资产", None, "balance", "assets"), ("货币资金", "资产", "balance", "assets"), ("应收款项", "资产", "balance", "assets receivable"),
         ("存货", "资产", "balance", "assets"), ("固定资产", "资产", "balance", "assets"),
         ("负债", None, "balance", ""), ("应付款项", "负债", "balance", "payable"), ("薪酬与税费", "负债", "balance", ""),
         ("所有者权益", None, "balance", ""),
         ("损益", None, "income", ""), ("营业收入", "损益", "income", "revenue"), ("营业成本", "损益", "income", "expense"),
         ("期间费用", "损益", "income", "expense"))

# Codes of the Chinese accounting standards.
ACCOUNTS = (("1001", "库存现金", "货币资金"), ("1002", "银行存款", "货币资金"), ("1122", "应收账款", "应收款项"), ("1405", "库存商品", "存货"),
            ("1601", "固定资产", "固定资产"), ("1602", "累计折旧", "固定资产"), ("2202", "应付账款", "应付款项"), ("2211", "应付职工薪酬", "薪酬与税费"),
            ("2221", "应交税费", "薪酬与税费"), ("4001", "实收资本", "所有者权益"), ("4103", "本年利润", "所有者权益"),
            ("4104", "利润分配", "所有者权益"), ("6001", "主营业务收入", "营业收入"), ("6401", "主营业务成本", "营业成本"),
            ("6601", "销售费用", "期间费用"), ("6602", "管理费用", "期间费用"), ("6603", "财务费用", "期间费用"))

# Login, name, groups by Tryton's own identifiers. Only an administrator of accounting may post and delete: the maker is none.
USERS = (("maker", "制单人", ("group_account",)), ("checker", "审核人", ("group_account", "group_account_admin")))


def find_or_make(model, key, **values):
    """The one record whose field `key` has that value; made from all the values when there is none."""
    found = model.find([(key, "=", values[key])], limit=1)
    if found:
        return found[0]
    record = model(**values)
    record.save()
    return record


def by_identifier(model, module, identifier):
    data, = Model.get("ir.model.data").find([("module", "=", module), ("fs_id", "=", identifier)])
    return Model.get(model)(data.db_id)


def make_company():
    Company = Model.get("company.company")
    if not Company.find([]):
        currency = find_or_make(Model.get("currency.currency"), "code", code="CNY", name="人民币", symbol="¥", digits=2)
        party = find_or_make(Model.get("party.party"), "name", name="数财运实验公司")
        wizard = Wizard("company.company.config")
        wizard.execute("company")
        wizard.form.party, wizard.form.currency = party, currency
        wizard.execute("add")
    company, = Company.find([])
    return company


def make_accounts(company):
    Type, Account, Configuration = (Model.get("account." + name) for name in ("account.type", "account", "configuration"))
    types, accounts = {}, {}
    for sequence, (name, parent, statement, kinds) in enumerate(TYPES):
        types[name] = find_or_make(Type, "name", name=name, parent=types.get(parent), company=company, statement=statement, sequence=sequence,
                                   **{kind: True for kind in kinds.split()})
    for code, name, kind in ACCOUNTS:
        with_party = types[kind].receivable or types[kind].payable
        accounts[code] = find_or_make(Account, "code", code=code, name=name, type=types[kind], company=company, party_required=with_party,
                                      reconcile=with_party)
    configuration = Configuration(1)
    configuration.default_account_receivable = accounts["1122"]
    configuration.default_account_payable = accounts["2202"]
    configuration.save()


def make_year(company, year):
    """A year with twelve periods. Its vouchers are counted by a sequence of the database: a posting that fails leaves a gap."""
    FiscalYear, Sequence, Strict = (Model.get(name) for name in ("account.fiscalyear", "ir.sequence", "ir.sequence.strict"))
    if FiscalYear.find([("name", "=", str(year))]):
        return
    numbers = find_or_make(Sequence, "name", name=f"凭证 {year}", company=company,
                           sequence_type=by_identifier("ir.sequence.type", "account", "sequence_type_account_move"))
    invoices = find_or_make(Strict, "name", name=f"发票 {year}", company=company,
                            sequence_type=by_identifier("ir.sequence.type", "account_invoice", "sequence_type_account_invoice"))
    fiscal_year = FiscalYear(name=str(year), company=company, start_date=datetime.date(year, 1, 1), end_date=datetime.date(year, 12, 31),
                             post_move_sequence=numbers)
    series, = fiscal_year.invoice_sequences
    for kind in ("in_invoice", "out_invoice", "in_credit_note", "out_credit_note"):
        setattr(series, kind + "_sequence", invoices)
    fiscal_year.save()
    fiscal_year.click("create_period")


def make_user(company, folder, login, name, groups):
    User = Model.get("res.user")
    if User.find([("login", "=", login)]):
        return
    user = User(login=login, name=name, password=(folder / (login + ".password")).read_text(encoding="ascii").strip())
    for identifier in groups:
        user.groups.append(by_identifier("res.group", "account", identifier))
    user.companies.append(Model.get("company.company")(company.id))  # a record may be in one list only
    user.save()
    user.company = company
    user.save()


def main(database, folder):
    session = config.set_trytond(database=database, user="admin")
    company = make_company()
    session._context = Model.get("res.user").get_preferences(True, session.context)  # proteus has no other door to the company it acts in
    make_accounts(company)
    this_year = datetime.date.today().year
    for year in (this_year - 1, this_year):  # in January it is December that is being closed
        make_year(company, year)
    journal_numbers = Model.get("ir.sequence").find(
        [("sequence_type", "=", by_identifier("ir.sequence.type", "account", "sequence_type_account_journal").id)], limit=1)[0]
    find_or_make(Model.get("account.journal"), "code", code="PROBE", name="拨测", type="general", sequence=journal_numbers)
    for user in USERS:
        make_user(company, folder, *user)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
