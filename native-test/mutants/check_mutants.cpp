// Reads every mutant of a folder, plants those that edit text in the PTX of another folder, and
// prints each one's name and the tests that must kill it. Fails if a mutant cannot be read, or
// changes nothing.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../driver/mutant.h"
#include "../driver/text.h"

namespace {

namespace fs = std::filesystem;
using emulated::Mutant;

std::vector<std::string> NamesIn(const fs::path& folder, const std::string& extension) {
  if (!fs::is_directory(folder)) throw std::invalid_argument("no folder " + folder.string());
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == extension) names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

void CheckEdit(const Mutant& mutant, const fs::path& ptx_folder) {
  const std::string module = mutant.module();
  const std::vector<std::string> modules =
      module == "*" ? NamesIn(ptx_folder, ".ptx") : std::vector<std::string>{module};
  std::string why = "there are no modules";
  for (const std::string& name : modules) {
    try {
      mutant.Edited(emulated::ContentsOf(ptx_folder / (name + ".ptx")));
      return;
    } catch (const std::invalid_argument& e) {
      why = e.what();
    }
  }
  throw std::invalid_argument(why);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: check-mutants MUTANTS_FOLDER PTX_FOLDER\n";
    return 2;
  }
  int bad = 0;
  try {
    for (const std::string& name : NamesIn(arguments[1], ".mutant")) {
      try {
        const Mutant mutant = Mutant::Read(arguments[1], name);
        if (mutant.edits_text()) CheckEdit(mutant, arguments[2]);
        std::cout << name;
        for (const std::string& test : mutant.killed_by()) std::cout << ' ' << test;
        std::cout << '\n';
      } catch (const std::invalid_argument& e) {
        std::cerr << "mutant " << name << ": " << e.what() << '\n';
        bad = 1;
      }
    }
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 2;
  }
  return bad;
}
