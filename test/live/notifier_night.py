"""A made-up night of a finance system, for the tests of the notifier's pages and for their pictures.

    with Providers(where) as providers, Notifier(where, providers, contract=contract(where), extra=EXTRA) as notifier:
        night(notifier, providers)
"""
import datetime
import json

from notifier import CONTRACT, instant, payload
from servers import check, eventually, write

EXTRA = 'links: {runbooks: "https://docs.example.com/runbooks/{lang}/{alert}", panels: "https://grafana.example.com/d/services?var-service={service}"}\n'

NAMES = """
classes:
  major: {name: {zh: 重大故障, en: Major fault}, answer: 15m, first_diagnosis: 1h, solve: 4h}
  ordinary: {name: {zh: 一般故障, en: Ordinary fault}, answer: 30m, first_diagnosis: 4h, solve: 24h}
severities:
  light: {name: {zh: 轻微, en: Light}, policy: by_mail, when: business_hours}
  warning: {name: {zh: 警告, en: Warning}, policy: in_time, when: always}
  severe: {name: {zh: 严重, en: Severe}, policy: at_once, when: always}
policies:
  at_once:
    - {after: 0s, tell: on_call, by: [sms, dingtalk]}
    - {after: %(voice_after)s, unless: acknowledged, tell: on_call, by: [voice]}
    - {after: 15m, unless: acknowledged, tell: manager, by: [sms, voice]}
  in_time:
    - {after: 5m, unless: acknowledged, tell: on_call, by: [dingtalk]}
    - {after: 30m, unless: acknowledged, tell: manager, by: [sms]}
  by_mail:
    - {after: 0s, tell: team, by: [], by_alertmanager: [email]}
    - {after: 4h, unless: acknowledged, tell: on_call, by: [dingtalk]}
duties:
  manager: {name: {zh: 运维经理, en: Operations manager}, people: [zhao.min]}
  on_call: {name: {zh: 值班工程师, en: Engineer on duty}, rota: rota.csv, hand_over: "09:00"}
  team: {name: {zh: 运维组, en: Operations team}, people: [zhang.wei, li.na, wang.fang]}
people:
  li.na: {name: {zh: 李娜, en: Li Na}, email: li.na@example.com, phone: "13800000003"}
  wang.fang: {name: {zh: 王芳, en: Wang Fang}, email: wang.fang@example.com, phone: "13800000002"}
  zhang.wei: {name: {zh: 张伟, en: Zhang Wei}, email: zhang.wei@example.com, phone: "13800000001"}
  zhao.min: {name: {zh: 赵敏, en: Zhao Min}, email: zhao.min@example.com, phone: "13800000004"}
services:
  - {id: voucher_entry, name: {zh: 凭证录入, en: Voucher entry}, class: major}
  - {id: month_end, name: {zh: 月末结账, en: Month-end close}, class: major}
  - {id: database, name: {zh: 财务数据库, en: Finance database}, class: major}
  - {id: reports, name: {zh: 报表生成, en: Report generation}, class: ordinary}
  - {id: bank, name: {zh: 银企直连, en: Bank connection}, class: ordinary}
"""

# name, service or "", severity, where, minutes since it began, what is wrong in both languages
FAULTS = {
    "voucher": ("VoucherEntryFailing", "voucher_entry", "severe", "erp", 51, "凭证录入拨测连续 3 次失败", "Voucher entry failed three times in a row"),
    "reports": ("ReportSlow", "reports", "warning", "report-server", 17, "报表生成用时 94 秒，是平时的 3 倍", "Reports take 94 s, three times as long as usual"),
    "database": ("ReplicationLagging", "database", "severe", "db2", 12, "财务数据库从库落后主库 11 分钟", "The finance database's standby is 11 minutes behind"),
    "month_end": ("MonthEndLate", "month_end", "warning", "erp", 34, "月末结账比计划晚了 34 分钟，仍未结束", "Month-end close is 34 minutes late and still running"),
    "disk": ("DiskFillsSoon", "", "light", "db1", 260, "db1 归档盘预计 6 天后写满", "The archive disk of db1 will be full in 6 days"),
    "bank": ("BankFileMissing", "bank", "warning", "gateway", 25, "未收到工商银行的对账文件", "The statement file of ICBC did not arrive"),
    "login": ("LoginSlow", "voucher_entry", "severe", "erp", 50, "ERP 登录用时 21 秒", "It takes 21 s to log in to the ERP"),
    "certificate": ("CertificateExpires", "", "light", "portal", 240, "报销门户证书 13 天后到期", "The certificate of the expense portal expires in 13 days"),
}


def rota(today):
    """Weeks in turn from three weeks ago on; one night swapped, and one day that nobody has."""
    monday = today - datetime.timedelta(days=today.weekday() + 21)
    people = ("zhang.wei", "li.na", "wang.fang")
    lines = {monday + datetime.timedelta(weeks=week): people[week % 3] for week in range(10)}
    swapped, gap = monday + datetime.timedelta(days=30), monday + datetime.timedelta(days=40)
    lines.update({swapped: "zhang.wei", swapped + datetime.timedelta(days=1): people[1], gap: "", gap + datetime.timedelta(days=1): people[2]})
    return "from,person\n" + "".join(f"{day},{person}\n" for day, person in sorted(lines.items()))


def contract(where):
    """That of the other tests with the night's names in it, and a code in each text message."""
    write(f"{where}/rota.csv", rota(datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()))
    head, rest = CONTRACT.split("classes:\n")
    channels = rest[rest.index("channels:\n"):]
    check("severity, time]" in channels, channels)
    return head + NAMES.lstrip() + channels.replace("severity, time]", "severity, time, code]")


def fault(notifier, name, **more):
    """Alertmanager says that it fires; the number of its incident."""
    alertname, service, severity, target, minutes, zh, en = FAULTS[name]
    begun = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes)
    labels = {"alertname": alertname, "severity": severity, "target": target, "instance": f"{target}:9100", "job": "finwatch",
              **({"service": service} if service else {}), **more}
    body = json.loads(payload((labels, instant(begun), None)))
    body["alerts"][0]["annotations"] = {"summary": zh, "summary_en": en, "description": zh + "。", "description_en": en + "."}
    known = {each["number"] for each in notifier.incidents()}
    answer = notifier.send(json.dumps(body))
    check(answer.status == 200, answer.body)
    there = notifier.incidents("open")  # 200 is said when the journal has it
    new = [each for each in there if each["number"] not in known] or [each for each in there if service and each["service"] == service]
    check(len(new) == 1, there)
    return new[0]["number"]


def night(notifier, providers):
    """Eight faults in seven incidents: three that nobody has, of which one waits for the morning; two in hand; one over, one a false alarm. One text
    message is refused for good. Their numbers."""
    def done(number, action, user="zhang.wei", **rest):
        status, body = notifier.act(numbers[number], action, user, **rest)
        check(status == 200, f"{number} {action}: {status}: {body}")

    numbers = {"certificate": fault(notifier, "certificate")}
    done("certificate", "false_alarm", "chief", note="证书已续期，监控读的是旧文件。 The certificate is a new one; the old file was read.")
    numbers["bank"] = fault(notifier, "bank")
    done("bank", "acknowledge")
    done("bank", "resolve", note="银行已补发文件，对账完成。 The bank sent the file again.")
    for name in ("disk", "month_end", "database"):
        numbers[name] = fault(notifier, name)
    done("month_end", "acknowledge")
    done("database", "acknowledge")
    done("database", "diagnose", note="从库归档盘写满，WAL 停止回放；正在清理。 The standby's archive disk is full; WAL replay stopped.")
    numbers["reports"] = fault(notifier, "reports")
    eventually(lambda: providers.accepted("aliyun_sms"), 20, notifier.log)
    providers.be("aliyun_sms", "lying", for_calls=1, code="isv.MOBILE_NUMBER_ILLEGAL")
    numbers["voucher"] = fault(notifier, "voucher")
    fault(notifier, "login")  # of the same service: it joins

    def settled():
        states = [state for (state,) in notifier.rows("SELECT state FROM deliveries")]
        return "failed" in states and states.count("delivered") >= 4 and "sending" not in states
    eventually(settled, 30, lambda: str(notifier.rows("SELECT state, channel, code FROM deliveries")))
    return numbers
