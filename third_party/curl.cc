// libcurl, loaded when it is first called. Debian's cannot be linked statically: it needs Kerberos,
// which Debian has as shared libraries only. A binary that is to run where no libcurl is defines
// the functions of libcurl that we call itself; each hands its call on. Where there is no libcurl,
// the first call of a new client or address fails, and the text of its error says why.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>

#include <cstdarg>
#include <cstdlib>
#include <string>

// Macros that only check that there are three arguments.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt
#undef curl_url_set
#undef curl_url_get

namespace {

// Null where there is none. Is never closed.
void* Library() {
  static void* const library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  return library;
}

// Why there is none.
const char* WhyMissing() {
  static const std::string* const why = [] {
    dlerror();
    dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    const char* error = dlerror();
    return new std::string(std::string("HTTP needs libcurl, which cannot be loaded: ") +
                           (error != nullptr ? error : "unknown error"));
  }();
  return why->c_str();
}

// `function` is the one of this file that has the name: for its type.
template <typename Function>
Function* Find(Function*, const char* name) {
  void* found = Library() == nullptr ? nullptr : dlsym(Library(), name);
  if (found == nullptr) abort();  // nobody gets so far without a library
  return reinterpret_cast<Function*>(found);
}

}  // namespace

// Hands a call on to the library's function of that name.
#define CALL(name, ...)                             \
  static auto* const function = Find(&name, #name); \
  return function(__VA_ARGS__)
// The same for a function whose third argument has any type: a pointer, long or curl_off_t, which
// are passed alike wherever a pointer has 64 bits.
#define CALL_WITH_ANY(name, handle, option)                                                  \
  static_assert(sizeof(void*) == 8 && sizeof(long) == 8 && sizeof(curl_off_t) == 8, "LP64"); \
  va_list rest;                                                                              \
  va_start(rest, option);                                                                    \
  void* const argument = va_arg(rest, void*);                                                \
  va_end(rest);                                                                              \
  CALL(name, handle, option, argument)

extern "C" {

CURLcode curl_global_init(long flags) {
  if (Library() == nullptr) return CURLE_FAILED_INIT;
  CALL(curl_global_init, flags);
}
const char* curl_easy_strerror(CURLcode code) {
  if (Library() == nullptr) return WhyMissing();
  CALL(curl_easy_strerror, code);
}
CURLU* curl_url(void) {
  if (Library() == nullptr) return nullptr;
  CALL(curl_url);
}
CURLUcode curl_url_set(CURLU* url, CURLUPart part, const char* text, unsigned flags) {
  if (Library() == nullptr) return CURLUE_BAD_HANDLE;
  CALL(curl_url_set, url, part, text, flags);
}
const char* curl_url_strerror(CURLUcode code) {
  if (Library() == nullptr) return WhyMissing();
  CALL(curl_url_strerror, code);
}

CURLUcode curl_url_get(CURLU* url, CURLUPart part, char** text, unsigned flags) {
  CALL(curl_url_get, url, part, text, flags);
}
void curl_url_cleanup(CURLU* url) { CALL(curl_url_cleanup, url); }
void curl_free(void* memory) { CALL(curl_free, memory); }
curl_slist* curl_slist_append(curl_slist* list, const char* text) {
  CALL(curl_slist_append, list, text);
}
void curl_slist_free_all(curl_slist* list) { CALL(curl_slist_free_all, list); }
CURL* curl_easy_init(void) { CALL(curl_easy_init); }
void curl_easy_cleanup(CURL* easy) { CALL(curl_easy_cleanup, easy); }
CURLcode curl_easy_pause(CURL* easy, int mask) { CALL(curl_easy_pause, easy, mask); }
CURLcode curl_easy_setopt(CURL* easy, CURLoption option, ...) {
  CALL_WITH_ANY(curl_easy_setopt, easy, option);
}
CURLcode curl_easy_getinfo(CURL* easy, CURLINFO info, ...) {
  CALL_WITH_ANY(curl_easy_getinfo, easy, info);
}
CURLM* curl_multi_init(void) { CALL(curl_multi_init); }
CURLMcode curl_multi_cleanup(CURLM* multi) { CALL(curl_multi_cleanup, multi); }
CURLMcode curl_multi_setopt(CURLM* multi, CURLMoption option, ...) {
  CALL_WITH_ANY(curl_multi_setopt, multi, option);
}
CURLMcode curl_multi_add_handle(CURLM* multi, CURL* easy) {
  CALL(curl_multi_add_handle, multi, easy);
}
CURLMcode curl_multi_remove_handle(CURLM* multi, CURL* easy) {
  CALL(curl_multi_remove_handle, multi, easy);
}
CURLMsg* curl_multi_info_read(CURLM* multi, int* left) { CALL(curl_multi_info_read, multi, left); }
CURLMcode curl_multi_socket_action(CURLM* multi, curl_socket_t fd, int events, int* running) {
  CALL(curl_multi_socket_action, multi, fd, events, running);
}

}  // extern "C"
