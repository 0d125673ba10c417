// This program again, as another process with other arguments, and a pipe each way.
#ifndef BATON_TESTS_BUDGETS_CHILD_H_
#define BATON_TESTS_BUDGETS_CHILD_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace baton {

// Killed when this dies. What the child reads is its standard input, what it says its output.
class Child {
 public:
  explicit Child(const std::vector<std::string>& arguments);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next line that the child writes, without its end; "" when it is gone.
  std::string ReadLine();
  // Ends the child's input.
  void CloseInput();

 private:
  pid_t pid_ = -1;
  int to_ = -1, from_ = -1;
};

// For the child: until its input ends.
void WaitForEndOfInput();

// As many open files as the system allows.
void RaiseFileLimit();

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_CHILD_H_
