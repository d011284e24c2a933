// /proc/cpuinfo as different processors write it.
#include "host/sources/cpu_info.h"
#include "support/catch.h"

using namespace finwatch::host;
using F = CpuField;

TEST_CASE("cpu_info: x86 tells everything") {
  std::vector<CpuInfo> cpus;
  REQUIRE(
      parse_cpu_info("processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\n"
                     "model name\t: AMD EPYC 9354: 32-Core \nstepping\t: 1\nmicrocode\t: 0xa101144\ncpu MHz\t\t: 3250.123\n"
                     "cache size\t: 1024 KB\nphysical id\t: 1\ncore id\t\t: 12\nflags\t\t: fpu vme\nbugs\t\t: srso\n"
                     "power management: ts ttp\n\nprocessor\t: 7\nmodel name\t: other\n",
                     cpus));
  REQUIRE(cpus.size() == 2);
  CHECK(cpus[0][F::vendor] == "AuthenticAMD");
  CHECK(cpus[0][F::family] == "25");
  CHECK(cpus[0][F::model] == "17");
  CHECK(cpus[0][F::model_name] == "AMD EPYC 9354: 32-Core");
  CHECK(cpus[0][F::microcode] == "0xa101144");
  CHECK(cpus[0][F::stepping] == "1");
  CHECK(cpus[0][F::cache_size] == "1024 KB");
  CHECK(cpus[0][F::package] == "1");
  CHECK(cpus[0][F::core] == "12");
  CHECK(cpus[0][F::flags] == "fpu vme");
  CHECK(cpus[0][F::bugs] == "srso");
  CHECK(cpus[0].hertz() == 3250.123 * 1e6);
  CHECK(cpus[1][F::number] == "7");
  CHECK(cpus[1][F::model_name] == "other");
  CHECK(cpus[1][F::vendor].empty());
  CHECK_FALSE(cpus[1].hertz());
}

TEST_CASE("cpu_info: ARM tells its features, and no frequency") {
  std::vector<CpuInfo> cpus;
  REQUIRE(
      parse_cpu_info("processor\t: 0\nBogoMIPS\t: 200.00\nFeatures\t: fp asimd aes\nCPU implementer\t: 0x48\n"
                     "CPU architecture: 8\n\nprocessor\t: 1\nFeatures\t: fp\n",
                     cpus));
  REQUIRE(cpus.size() == 2);
  CHECK(cpus[0][F::flags] == "fp asimd aes");
  CHECK(cpus[0][F::package].empty());
  CHECK_FALSE(cpus[0].hertz());
}

TEST_CASE("cpu_info: POWER has a unit behind its frequency") {
  std::vector<CpuInfo> cpus;
  REQUIRE(
      parse_cpu_info("processor\t: 0\ncpu\t\t: POWER9 (architected), altivec supported\nclock\t\t: 2500.000000MHz\n"
                     "revision\t: 2.2 (pvr 004e 0202)\n\nprocessor\t: 1\nclock\t\t: 2500.000000MHz\n\n"
                     "timebase\t: 512000000\nplatform\t: PowerNV\nmodel\t\t: 8335-GTG\n",
                     cpus));
  REQUIRE(cpus.size() == 2);
  CHECK(cpus[1][F::model] == "");  // the model is that of the machine
  CHECK(cpus[0][F::vendor] == "POWER9 (architected), altivec supported");
  CHECK(cpus[0].hertz() == 2.5e9);
}

TEST_CASE("cpu_info: LoongArch writes capitals and counts packages") {
  std::vector<CpuInfo> cpus;
  REQUIRE(
      parse_cpu_info("system type\t\t: generic-loongson-machine\n\nprocessor\t\t: 0\npackage\t\t\t: 0\ncore\t\t\t: 3\n"
                     "CPU Family\t\t: Loongson-64bit\nModel Name\t\t: Loongson-3C5000\nCPU MHz\t\t\t: 2200.00\n"
                     "Features\t\t: cpucfg lam\n",
                     cpus));
  CHECK(cpus[0][F::family] == "Loongson-64bit");
  CHECK(cpus[0][F::model_name] == "Loongson-3C5000");
  CHECK(cpus[0][F::core] == "3");
  CHECK(cpus[0].hertz() == 2.2e9);
}

TEST_CASE("cpu_info: s390 names its CPUs in one round and tells of them in another") {
  std::vector<CpuInfo> cpus;
  REQUIRE(
      parse_cpu_info("vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch\n"
                     "processor 0: version = 00,  identification = 2733E8,  machine = 2964\n"
                     "processor 1: version = 00,  identification = 2733E8,  machine = 2964\n\n"
                     "cpu number      : 0\nphysical id     : 2\ncore id         : 4\ncpu MHz dynamic : 5000\n\n"
                     "cpu number      : 1\ncore id         : 5\ncpu MHz dynamic : 5000\n",
                     cpus));
  REQUIRE(cpus.size() == 2);
  CHECK(cpus[1][F::vendor] == "IBM/S390");
  CHECK(cpus[1][F::flags] == "esan3 zarch");
  CHECK(cpus[0][F::core] == "4");
  CHECK(cpus[1][F::core] == "5");
  CHECK(cpus[1].hertz() == 5e9);
}

TEST_CASE("cpu_info: what names no CPU, or one twice, is refused") {
  std::vector<CpuInfo> cpus;
  for (const char* text : {"", "garbage\n", "vendor_id : x\n", "processor : x\n", "processor :\n",
                           "processor : 1\nprocessor : 1\n", "processor : 8192\n", "processor 0: v\ncpu number : 3\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_cpu_info(text, cpus));
  }
}
