#pragma once

#include <string>
#include <vector>

namespace agent_server {

/// One value that a config option may take.
struct option_choice {
  std::string value;
  std::string name;
  std::string description; // empty: none
};

/// A config option as callers see it; always of type "select".
struct select_option {
  std::string id;
  std::string name;
  std::string category;
  std::string description;
  std::string current;
  std::vector<option_choice> choices;
};

/// The options that the contract names, without value and choices.
select_option mode_option();
select_option model_option();
select_option effort_option();

/// The JSON array of config options.
std::string to_json(const std::vector<select_option>& options);

} // namespace agent_server
