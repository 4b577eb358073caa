// PostgresServer: a PostgreSQL of this test's own, in a temporary folder, reached by a socket in
// it.
//
// It listens on no network, runs as an unprivileged user (it refuses root), and ends with the test,
// however that ends. Threads: start and stop from one thread.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "platform/files.h"
#include "tests/fakes/temp_folder.h"

namespace awda::fakes {

class PostgresServer {
public:
    /// `durable`: writes reach the disk, as they would in service; tests need not wait for that.
    /// Nothing when PostgreSQL is not installed.
    static std::unique_ptr<PostgresServer> start(bool durable) {
        const std::filesystem::path programs = newest();
        if (programs.empty()) return nullptr;
        std::unique_ptr<PostgresServer> server(new PostgresServer(programs));
        server->make(durable);
        server->run();
        return server;
    }
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;
    ~PostgresServer() { stop(SIGQUIT); }

    /// Of a database whose unqualified names stand in `schema`, for its owner or another user.
    [[nodiscard]] std::string url(const std::string& schema,
                                  const std::string& user = "awda") const {
        return "postgresql://" + user + "@/postgres?host=" + socket_folder() +
               "&options=-csearch_path%3D" + schema;
    }
    /// Ends as by a power cut.
    void stop(int signal) {
        if (child_ <= 0) return;
        ::kill(child_, signal);
        AWDA_ASSERT(::waitpid(child_, nullptr, 0) == child_);
        child_ = -1;
    }
    /// Runs until stop().
    void run() {
        child_ = spawn({(programs_ / "postgres").string(), "-D", data(), "-k", socket_folder(),
                        "-c", "listen_addresses=", "-c", "unix_socket_permissions=0777"});
        while (!ask("SELECT 1")) {
            AWDA_ASSERT(::waitpid(child_, nullptr, WNOHANG) == 0);  // it must not have ended
            ::usleep(5000);
        }
    }
    /// Statements of its owner, in no transaction; whether they were done.
    [[nodiscard]] bool ask(const std::string& sql) const {
        const pid_t child =
            spawn({(programs_ / "psql").string(), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h",
                   socket_folder(), "-U", "awda", "-d", "postgres", "-c", sql});
        int status = 0;
        AWDA_ASSERT(::waitpid(child, &status, 0) == child);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

private:
    explicit PostgresServer(std::filesystem::path programs) : programs_(std::move(programs)) {}

    /// Debian keeps each version in a folder of its own, out of the way of PATH.
    static std::filesystem::path newest() {
        std::error_code none;
        std::filesystem::path best;
        for (const auto& version :
             std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
            const std::filesystem::path programs = version.path() / "bin";
            if (file_exists(programs / "postgres") && programs > best) best = programs;
        }
        return best;
    }

    void make(bool durable) {
        if (::geteuid() == 0) {
            const passwd* nobody = ::getpwnam("nobody");
            AWDA_ASSERT(nobody != nullptr);
            user_ = nobody->pw_uid;
            group_ = nobody->pw_gid;
            AWDA_ASSERT(::chown(folder_.path().c_str(), user_, group_) == 0);
        }
        const pid_t child = spawn({(programs_ / "initdb").string(), "-D", data(), "-A", "trust",
                                   "-U", "awda", "-E", "UTF8", "--locale=C", "-N"});
        int status = 0;
        AWDA_ASSERT(::waitpid(child, &status, 0) == child && status == 0);
        if (durable) return;
        const std::filesystem::path more = folder_ / "data/postgresql.auto.conf";
        AWDA_ASSERT(atomic_write(more, as_bytes("fsync = off\nfull_page_writes = off\n")).ok());
        AWDA_ASSERT(::chown(more.c_str(), user_, group_) == 0);
    }

    [[nodiscard]] std::string data() const { return (folder_ / "data").string(); }
    [[nodiscard]] std::string socket_folder() const { return folder_.path().string(); }

    /// A child as the unprivileged user, which does not outlive us.
    [[nodiscard]] pid_t spawn(const std::vector<std::string>& words) const {
        std::vector<char*> argv;
        for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
        argv.push_back(nullptr);
        const std::string log = (folder_ / "log").string();
        const pid_t parent = ::getpid();
        const pid_t child = ::fork();
        AWDA_ASSERT(child >= 0);
        if (child != 0) return child;
        if (user_ != ::geteuid() &&
            (::setgroups(0, nullptr) != 0 || ::setgid(group_) != 0 || ::setuid(user_) != 0)) {
            ::_exit(126);
        }
        ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
        if (::getppid() != parent) ::_exit(126);
        const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        ::dup2(out, 1);
        ::dup2(out, 2);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }

    std::filesystem::path programs_;
    /// Not in TMPDIR, which may be a folder that the unprivileged user cannot enter.
    TempFolder folder_{"/tmp"};
    uid_t user_ = ::geteuid();
    gid_t group_ = ::getegid();
    pid_t child_ = -1;
};

}  // namespace awda::fakes
