#include "cli/shell/citation.hpp"

#include "roundoff_version.hpp"

namespace roundoff::cli {

std::string citation() {
  return std::string("@software{roundoff,\n"
                     "  author  = {{The Roundoff authors}},\n"
                     "  title   = {Roundoff: a bit-exact finite-precision transformer simulator},\n"
                     "  year    = {2026},\n"
                     "  version = {") +
         ROUNDOFF_VERSION +
         "},\n"
         "  note    = {commit " ROUNDOFF_GIT "}\n"
         "}\n"
         "@article{feng2024numerical,\n"
         "  author  = {Feng, Guhao and Yang, Kai and Gu, Yuntian and Ai, Xinyue and Luo, Shengjie and Sun, Jiacheng and "
         "He, Di and Li, Zhenguo and Wang, Liwei},\n"
         "  title   = {How Numerical Precision Affects Arithmetical Reasoning Capabilities of {LLMs}},\n"
         "  journal = {arXiv:2410.13857},\n"
         "  year    = {2024}\n"
         "}\n";
}

}  // namespace roundoff::cli
