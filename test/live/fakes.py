"""Finance systems of the shape that their public interfaces describe, for the packs of finwatch-workflow.

    with Kingdee() as erp:
        erp.refuse = "closed_period"      # or what else REFUSALS of its class names; "" for none
        erp.late_saves = 3                # a save is committed, and its answer comes so many seconds later
        … erp.url, erp.vouchers, erp.calls …

Each is a server of its own on a free port. A call that the interface does not have, or a credential that is wrong, is answered as the
product would, and `calls` keeps the order in which things were asked.
"""
import base64
import hashlib
import hmac
import http.server
import json
import secrets
import subprocess
import threading
import time
import urllib.parse
import xml.etree.ElementTree as xml

WRONG = "wrong"  # a password or secret that nobody has


class Answer(Exception):
    """Ends a handler: status, body, headers."""

    def __init__(self, status, body, kind="application/json; charset=utf-8", **headers):
        super().__init__(status)
        self.status, self.headers = status, {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


class Request:
    def __init__(self, handler, method):
        parts = urllib.parse.urlsplit(handler.path)
        self.method, self.path = method, urllib.parse.unquote(parts.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.headers = handler.headers
        self.text = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        self.cookies = dict(pair.strip().split("=", 1) for pair in (handler.headers.get("Cookie") or "").split(";") if "=" in pair)

    @property
    def json(self):
        return json.loads(self.text or "null")

    @property
    def form(self):
        return dict(urllib.parse.parse_qsl(self.text, keep_blank_values=True))

    @property
    def basic(self):
        """User and password, or nothing."""
        kind, _, rest = (self.headers.get("Authorization") or "").partition(" ")
        return tuple(base64.b64decode(rest).decode().split(":", 1)) if kind == "Basic" else None


class Fake:
    """A server; what a product answers stands in its answer()."""

    def __init__(self):
        self.refuse, self.late_saves = "", 0
        self.vouchers, self.calls, self.sessions = {}, [], set()
        self._next, self._lock = 1000, threading.Lock()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                request = Request(self, self.command)
                try:
                    fake.refuse_any()
                    answer = fake.answer(request)
                except Answer as raised:
                    answer = raised
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        for one in value if isinstance(value, list) else [value]:
                            self.send_header(name, one)
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                except OSError:
                    pass  # the client waits no longer

            do_GET = do_POST = handle_any

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def refuse_any(self):
        """What stands before any product."""
        if self.refuse == "throttled":
            raise Answer(429, "Too Many Requests", "text/plain", Retry_After="30")
        if self.refuse == "gateway":
            raise Answer(503, "<html>Service Unavailable</html>", "text/html")
        if self.refuse == "other_product":
            raise Answer(404, "<html><h1>It works!</h1></html>", "text/html")

    def begin_session(self):
        session = secrets.token_hex(16)
        self.sessions.add(session)
        return session

    def keep(self, voucher):
        """Its new id; the answer of a late save waits, and its voucher does not."""
        with self._lock:
            self._next += 1
            number = self._next
            self.vouchers[number] = voucher
        if self.late_saves:
            time.sleep(self.late_saves)
        return number


class Kingdee(Fake):
    """K/3 Cloud. Refusals come with status 200."""
    ACCOUNT_SET, USER, APP, SECRET, BOOK = "5f0c8d2e3b1a47", "probe", "200001_app", "an app secret", "TEST01"
    REFUSALS = {"session_lost": ("会话信息已丢失，请重新登录", 1), "closed_period": ("凭证日期所在期间已结账，不允许新增凭证", 0),
                "locked": ("网络控制：该账簿正在被用户 张三 操作", 0), "forbidden": ("您没有凭证的新增权限", 0),
                "busy": ("接口请求过于频繁，请稍后再试", 0), "database": ("数据库连接失败", 0)}
    SERVICE = "/K3Cloud/Kingdee.BOS.WebApi.ServicesStub."

    def __init__(self):
        super().__init__()
        self.url += "/K3Cloud"

    def status(self, message, code):
        return {"Result": {"ResponseStatus": {"ErrorCode": 500, "IsSuccess": "false" if self.refuse == "locked" else False, "MsgCode": code,
                                              "Errors": [{"FieldName": "", "Message": message, "DIndex": 0}], "SuccessEntitys": []}}}

    def answer(self, request):
        if request.path.endswith("AccountService.GetDataCenterList.common.kdsvc"):
            return Answer(200, [{"Id": self.ACCOUNT_SET, "Number": "T01", "Name": "测试账套"}])
        service = request.path.removeprefix(self.SERVICE).removesuffix(".common.kdsvc")
        self.calls.append(service.rsplit(".", 1)[-1])
        body = request.json
        if service.startswith("AuthService.Log") and service.endswith("Out") or service == "AuthService.Logout":
            self.sessions.discard(request.cookies.get("kdservice-sessionid"))
            return Answer(200, True)
        if service == "AuthService.LoginByAppSecret":
            return self.login(body, body.get("appId") == self.APP and body.get("appSecret") == self.SECRET)
        if service == "AuthService.ValidateUser":
            return self.login(body, body.get("password") == self.SECRET)
        name = service.removeprefix("DynamicFormService.")
        if request.cookies.get("kdservice-sessionid") not in self.sessions or "ASP.NET_SessionId" not in request.cookies or self.refuse == "session_lost":
            lost = self.status(*self.REFUSALS["session_lost"])
            return Answer(200, [[lost]] if name == "ExecuteBillQuery" else lost)
        if name == "ExecuteBillQuery":
            return Answer(200, self.query(body["data"]))
        if self.refuse in self.REFUSALS:
            return Answer(200, self.status(*self.REFUSALS[self.refuse]))
        return Answer(200, getattr(self, name.lower())(body["data"]))

    def login(self, body, good):
        if not good or body["acctID"] != self.ACCOUNT_SET or body["username"] != self.USER:
            return Answer(200, {"LoginResultType": 0, "Message": "用户名或密码错误"})
        cookies = [f"kdservice-sessionid={self.begin_session()}; path=/; HttpOnly", f"ASP.NET_SessionId={secrets.token_hex(8)}; path=/"]
        return Answer(200, {"LoginResultType": 1, "Message": None, "Context": {}}, Set_Cookie=cookies)

    def query(self, data):
        text = data["FilterString"]
        if "FEXPLANATION" not in text:
            return [[number, "2026-11-26T00:00:00"] for number in self.vouchers]
        wanted = text.split("'")[1]
        rows = [(number, line["FEXPLANATION"]) for number, voucher in self.vouchers.items() for line in voucher["FEntity"]]
        if " like " in text:
            return [list(row) for row in rows if row[1].startswith(wanted.removesuffix("%"))]
        return [list(row) for row in rows if row[1] == wanted]

    @staticmethod
    def done(number):
        return {"ResponseStatus": {"IsSuccess": True, "Errors": [], "MsgCode": 0, "SuccessEntitys": [{"Id": number, "Number": "", "DIndex": 0}]}}

    def draft(self, data):
        model = data["Model"]
        if model["FAccountBookID"]["FNumber"] != self.BOOK:
            return self.status("账簿不存在", 0)
        debit, credit = (sum(line.get(side, 0) for line in model["FEntity"]) for side in ("FDEBIT", "FCREDIT"))
        if debit != credit:
            return self.status("凭证借贷不平", 0)
        number = self.keep(model)
        return {"Result": {**self.done(number), "Id": number, "Number": "", "NeedReturnData": [{}]}}

    def view(self, data):
        voucher = self.vouchers[int(data["Id"])]
        return {"Result": {"ResponseStatus": None, "Result": {"Id": int(data["Id"]), "DocumentStatus": "Z", "GL_VOUCHERENTRY": voucher["FEntity"]}}}

    def delete(self, data):
        for number in data["Ids"].split(","):
            del self.vouchers[int(number)]
        return {"Result": self.done(0)}


class NcCloud(Fake):
    """NC Cloud. Every call is signed over its body."""
    CLIENT, SECRET, SALT, CENTER, BOOK, MAKER = "probe_app", "a client secret", "salt", "0001", "T01-0001", "probe"
    REFUSALS = {"session_lost": "access_token无效或已过期", "closed_period": "总账期间已结账，不能增加凭证", "locked": "凭证正在被其他用户操作，请稍后重试",
                "forbidden": "用户没有该账簿的制单权限", "busy": "接口调用次数超限", "database": "获取数据源连接失败"}

    def __init__(self):
        super().__init__()
        self._private = subprocess.run(["openssl", "genrsa", "2048"], capture_output=True, check=True).stdout
        pem = subprocess.run(["openssl", "rsa", "-pubout"], input=self._private, capture_output=True, check=True).stdout.decode()
        self.public_key = "".join(pem.splitlines()[1:-1])

    def opened(self, sealed):
        """The secret that was sealed for us, or nothing."""
        with PrivateFile(self._private) as key:
            done = subprocess.run(["openssl", "pkeyutl", "-decrypt", "-inkey", key, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256"],
                                  input=base64.b64decode(sealed), capture_output=True, check=False)
        return done.stdout.decode(errors="replace") if done.returncode == 0 else None

    def no(self, message, status=200):
        return Answer(status, {"success": False, "code": "1000000001", "message": message, "data": None})

    def answer(self, request):
        if request.path == "/nccloud/opm/accesstoken":
            return self.token(request.query)
        name = request.path.removeprefix("/nccloud/api/gl/")
        self.calls.append(name)
        signed = hashlib.sha256((self.CLIENT + request.text + self.public_key).encode()).hexdigest()
        if request.headers.get("signature") != signed or request.headers.get("ucg_flag") != "y":
            return self.no("验签失败")
        if request.headers.get("access_token") not in self.sessions or self.refuse == "session_lost":
            return self.no(self.REFUSALS["session_lost"])
        body = request.json
        if name == "voucher/list":
            rows = [{"pk_voucher": f"1001{number}", "explanation": voucher["explanation"]} for number, voucher in self.vouchers.items()]
            return self.yes(rows)
        if self.refuse in self.REFUSALS:
            return self.no(self.REFUSALS[self.refuse])
        if name == "voucher/insert":
            if body["accbookCode"] != self.BOOK or body["prepared"] != self.MAKER:
                return self.no("制单人在该账簿中不存在")
            return self.yes([{"pk_voucher": f"1001{self.keep(body)}"}])
        if name == "voucher/delete":
            for key in body["pk_voucher"]:
                del self.vouchers[int(key.removeprefix("1001"))]
            return self.yes(None)
        if name == "balance/query":
            return self.yes([{"accsubjCode": "1001", "localdebitamount": "0.00", "localcreditamount": "0.00"}])
        return Answer(404, "<html>404</html>", "text/html")

    @staticmethod
    def yes(data):
        return Answer(200, {"success": True, "code": "1000000000", "message": None, "data": data})

    def token(self, query):
        self.calls.append("accesstoken")
        if not query:
            return self.no("client_id不能为空")
        signature = hashlib.sha256((self.CLIENT + self.SECRET + self.public_key + self.SALT).encode()).hexdigest()
        good = query["client_id"] == self.CLIENT and self.opened(query["client_secret"]) == self.SECRET and query["signature"] == signature
        if not good or query["biz_center"] != self.CENTER:
            return self.no("client_secret不正确")
        return self.yes({"access_token": self.begin_session(), "security_key": "k", "expires_in": "2400"})


class PrivateFile:
    """A key where only a program given its name can read it."""

    def __init__(self, content):
        self._content = content

    def __enter__(self):
        import tempfile  # pylint: disable=import-outside-toplevel
        self._file = tempfile.NamedTemporaryFile()
        self._file.write(self._content)
        self._file.flush()
        return self._file.name

    def __exit__(self, *_):
        self._file.close()


class YonBip(Fake):
    """YonBIP: one server for the directory of gateways, the tokens and the calls."""
    TENANT, KEY, SECRET, BOOK = "t0001", "an app key", "an app secret/+", "T01"
    REFUSALS = {"session_lost": ("310008", "access_token已失效"), "busy": ("310046", "接口调用频繁，已限流"), "forbidden": ("310001", "应用未授权该接口"),
                "database": ("999", "服务异常，系统繁忙"), "no_book": ("999", "账簿T01不存在")}

    def answer(self, request):
        name = request.path.rsplit("/", 1)[-1]
        self.calls.append(name)
        if name == "getGatewayAddress":
            return Answer(200, {"code": "00000", "message": "成功", "data": {"gatewayUrl": self.url, "tokenUrl": self.url}})
        if name == "getAccessToken":
            told = request.query["signature"]
            text = "appKey" + request.query["appKey"] + "timestamp" + request.query["timestamp"]
            good = base64.b64encode(hmac.new(self.SECRET.encode(), text.encode(), "sha256").digest()).decode()
            if told != good or request.query["appKey"] != self.KEY or abs(int(request.query["timestamp"]) / 1000 - time.time()) > 300:
                return Answer(200, {"code": "50000", "message": "签名验证失败"})
            return Answer(200, {"code": "00000", "message": "成功", "data": {"access_token": self.begin_session(), "expire": 7200}})
        if name != "queryVouchers":
            return Answer(404, "{}")
        if request.query.get("access_token") not in self.sessions or self.refuse == "session_lost":
            code, message = self.REFUSALS["session_lost"]
            return Answer(200, {"code": code, "message": message})
        if self.refuse in self.REFUSALS:
            code, message = self.REFUSALS[self.refuse]
            return Answer(200, {"code": code, "message": message})
        body = request.json
        many = 3 if body.get("periodStart") and body.get("periodEnd") and body["accbookCode"] == self.BOOK else 0
        return Answer(200, {"code": "200", "message": "操作成功", "data": {"recordCount": many, "recordList": [{"header": {"id": n}} for n in range(many)]}})


class Sap(Fake):
    """OData and SOAP of an application server, with Basic authentication."""
    USER, PASSWORD, CLIENT, COMPANY = "PROBE", "a password", "100", "1000"
    REFUSALS = {"closed_period": ("F5", "201", "Posting period 011 2026 is not open"), "locked": ("M3", "024", "Valuation data is locked by the user SMITH"),
                "forbidden": ("F5", "083", "No authorization for posting in company code 1000"), "bad_account": ("F5", "506", "G/L account 1 is not defined")}
    SERVICE = "/sap/opu/odata/sap/API_JOURNALENTRYITEMBASIC_SRV"
    RFC = "{urn:sap-com:document:sap:rfc:functions}"

    def answer(self, request):
        self.calls.append(request.path.rsplit("/", 1)[-1])
        if request.basic != (self.USER, self.PASSWORD) or request.query.get("sap-client") != self.CLIENT:
            return Answer(401, "<html>Logon failed</html>", "text/html", WWW_Authenticate='Basic realm="SAP"')
        if request.path == self.SERVICE + "/$metadata":
            return Answer(200, '<?xml version="1.0"?><edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices>'
                               '<Schema xmlns="http://schemas.microsoft.com/ado/2008/09/edm"><EntityType Name="A_JournalEntryItemBasicType"/></Schema>'
                               '</edmx:DataServices></edmx:Edmx>', "application/xml")
        if request.path == self.SERVICE + "/A_JournalEntryItemBasic":
            if self.refuse == "forbidden":
                return Answer(403, {"error": {"code": "/IWFND/CM_CONSUMER/101", "message": {"value": "No authorization to access service"}}})
            good = request.query.get("$format") == "json" and f"CompanyCode eq '{self.COMPANY}'" in request.query.get("$filter", "")
            return Answer(200, {"d": {"results": [{"CompanyCode": self.COMPANY, "AccountingDocument": "100000001"}]}}) if good else Answer(400, {"error": {}})
        if request.path == "/sap/bc/soap/rfc":
            return self.check(request)
        return Answer(404, "<html>404 Not found</html>", "text/html")

    def check(self, request):
        kind = "text/xml; charset=utf-8"
        if request.method == "GET":
            return Answer(500, '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultstring>no message</faultstring>'
                               '</e:Fault></e:Body></e:Envelope>', kind)
        call = xml.fromstring(request.text).find(".//" + self.RFC + "BAPI_ACC_DOCUMENT_CHECK")
        total = sum(float(amount.text) for amount in call.iter("AMT_DOCCUR"))
        said = ("S", "RW", "614", "Document check - no errors: BKPFF $ PRDCLNT100") if total == 0 and call.find("DOCUMENTHEADER/COMP_CODE").text == self.COMPANY \
            else ("E", "RW", "022", "Balance in transaction currency")
        if self.refuse in self.REFUSALS:
            said = ("E", *self.REFUSALS[self.refuse])
        item = "".join(f"<{name}>{value}</{name}>" for name, value in zip(("TYPE", "ID", "NUMBER", "MESSAGE"), said))
        return Answer(200, '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><r:BAPI_ACC_DOCUMENT_CHECK.Response '
                           f'xmlns:r="urn:sap-com:document:sap:rfc:functions"><RETURN><item>{item}</item></RETURN></r:BAPI_ACC_DOCUMENT_CHECK.Response></e:Body>'
                           '</e:Envelope>', kind)


class OracleEbs(Fake):
    """The pages before the login."""

    def answer(self, request):
        self.calls.append(request.path)
        if self.refuse == "database":
            return Answer(200, "<html>Unable to obtain an application server connection: ORA-12514</html>", "text/html")
        if request.path == "/OA_HTML/AppsLogin":
            return Answer(302, "", "text/html", Location="/OA_HTML/RF.jsp?function_id=1038712")
        if request.path == "/OA_HTML/RF.jsp":
            return Answer(200, '<html><script src="/OA_HTML/cabo/x.js"></script></html>', "text/html")
        if request.path == "/OA_HTML/AppsLocalLogin.jsp":
            return Answer(200, '<html><form><input type="text" name="usernameField"><input type="password" name="passwordField"></form></html>', "text/html")
        if request.path == "/forms/frmservlet":
            return Answer(200, '<html><applet code="oracle.forms.engine.Main"></applet></html>', "text/html")
        return Answer(404, "<html>404</html>", "text/html")


class WebLogin(Fake):
    """A form with a hidden field that is good for one use, a cookie before and another behind the login."""
    USER, PASSWORD, NAME = "probe", "pass word&=", "数据采集员"
    HIDDEN = ('name="csrf_token" value="{}"', 'value="{}" id=x name="csrf_token"')

    def __init__(self, turned=False):
        super().__init__()
        self._hidden, self._tokens = self.HIDDEN[turned], {}

    def answer(self, request):
        self.calls.append(f"{request.method} {request.path}")
        visitor = request.cookies.get("visitor")
        if request.path == "/login" and request.method == "GET":
            return self.form()
        if request.path == "/login":
            form = request.form
            if not visitor or self._tokens.pop(visitor, None) != form.get("csrf_token"):
                return Answer(403, "<html>CSRF token missing</html>", "text/html")
            if (form.get("username"), form.get("password")) != (self.USER, self.PASSWORD):
                return self.form()
            return Answer(302, "", "text/html", Location="/", Set_Cookie=f"session={self.begin_session()}; HttpOnly")
        if request.path == "/" and request.cookies.get("session") in self.sessions and self.refuse != "session_lost":
            return Answer(200, f"<html>{self.NAME}</html>", "text/html; charset=utf-8")
        if request.path == "/":
            return Answer(302, "", "text/html", Location="/login")
        if request.path == "/logout":
            self.sessions.discard(request.cookies.get("session"))
            return Answer(200, "<html>bye</html>", "text/html")
        return Answer(404, "<html>404</html>", "text/html")

    def form(self):
        visitor, token = secrets.token_hex(8), secrets.token_hex(8)
        self._tokens[visitor] = token
        page = f'<html><form method="post"><input type="hidden" {self._hidden.format(token)}><input name="username"><input name="password" type="password">'
        return Answer(200, page + "</form></html>", "text/html", Set_Cookie=f"visitor={visitor}")
