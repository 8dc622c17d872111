#include "messages/wire/boot_report_json.hpp"

#include <catch2/catch.hpp>

using namespace agent_server;

TEST_CASE("the boot report is written with times in milliseconds") {
  boot_report report;
  report.complete = true;
  report.total = 173'000'500;
  report.own_share = {8'000'000, 3'000'499, 2'000'000};
  boot_box box;
  box.name = "agent: initialize";
  box.start = 8'000'000;
  box.end = 158'123'456;
  box.outcome = "ok";
  box.waited_for = {"process start"};
  box.critical = true;
  box.slack = 0;
  report.boxes = {box};
  using kind = boot_stretch::kind_type;
  report.critical_path = {{kind::box, "agent: initialize", 150'123'456},
                          {kind::own, "", 1'000},
                          {kind::unrecorded, "", 999}};
  CHECK(boot_report_json(report)
        == R"({"contractVersion":1,"complete":true,"totalMs":173.001,)"
           R"("ownShareMs":13.000,"ownShare":{"toSpawnMs":8.000,)"
           R"("toSessionMs":3.000,"toReadyMs":2.000},"boxes":[)"
           R"({"name":"agent: initialize","startMs":8.000,"endMs":158.123,)"
           R"("outcome":"ok","waitedFor":["process start"],"critical":true,)"
           R"("slackMs":0.000}],"criticalPath":[)"
           R"({"box":"agent: initialize","ms":150.123},)"
           R"({"gap":"own","ms":0.001},{"gap":"unrecorded","ms":0.001}]})");
}

TEST_CASE("what is not known yet is null in the boot report") {
  boot_report report;
  boot_box box;
  box.name = "GET \"models\"";
  box.start = -1'500'000;
  report.boxes = {box};
  CHECK(boot_report_json(report)
        == R"({"contractVersion":1,"complete":false,"totalMs":null,)"
           R"("ownShareMs":null,"ownShare":{"toSpawnMs":null,)"
           R"("toSessionMs":null,"toReadyMs":null},"boxes":[)"
           R"({"name":"GET \"models\"","startMs":-1.500,"endMs":null,)"
           R"("outcome":"open","waitedFor":[],"critical":false,)"
           R"("slackMs":null}],"criticalPath":[]})");
}
