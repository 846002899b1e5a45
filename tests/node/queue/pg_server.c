#include "pg_server.h"
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"

static char folder[64], bin[128];
static pid_t server;

static bool find_programs(void)
{
    glob_t g;
    bool found = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &g) == 0;
    if (found) {
        const char *last = g.gl_pathv[g.gl_pathc - 1];
        snprintf(bin, sizeof bin, "%.*s", (int)(strlen(last) - strlen("/initdb")), last);
    }
    globfree(&g);
    return found && (getuid() != 0 || getpwnam("postgres"));
}

/* The program as user postgres where we are root; its output is of interest to nobody. */
static pid_t spawn(const char *name, const char *const *args)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", bin, name);
    pid_t pid = fork();
    if (pid != 0) { return pid; }
    const struct passwd *pw = getuid() == 0 ? getpwnam("postgres") : NULL;
    if (pw && (setgroups(0, NULL) != 0 || setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0)) {
        _exit(126);
    }
    prctl(PR_SET_PDEATHSIG, SIGQUIT);      /* an immediate shutdown */
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || chdir("/") != 0) { _exit(126); }
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    char *argv[16] = { path };
    for (int i = 0; args[i]; i++) { argv[i + 1] = strdup(args[i]); }
    execv(path, argv);
    _exit(127);
}

static PGconn *connect_owner(void)
{
    char conninfo[128];
    snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=postgres", folder);
    return PQconnectdb(conninfo);
}

static bool wait_ready(void)
{
    for (int i = 0; i < 600; i++) {
        PGconn *c = connect_owner();
        bool up = PQstatus(c) == CONNECTION_OK;
        PQfinish(c);
        if (up) { return true; }
        nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    }
    return false;
}

void pg_server_resume(void)
{
    char data[80];
    snprintf(data, sizeof data, "%s/data", folder);
    const char *args[] = { "-D", data, "-k", folder, "-c", "listen_addresses=", NULL };
    server = spawn("postgres", args);
    if (!wait_ready()) {
        fprintf(stderr, "PostgreSQL in %s does not start\n", folder);
        abort();
    }
}

void pg_server_crash(void)
{
    kill(server, SIGQUIT);
    waitpid(server, NULL, 0);
    server = 0;
}

bool pg_server_start(void)
{
    if (!find_programs()) {
        fprintf(stderr, "SKIPPED: postgresql is not installed\n");
        return false;
    }
    strcpy(folder, "/tmp/pn-pg-XXXXXX");
    if (!mkdtemp(folder)) { abort(); }
    const struct passwd *pw = getpwnam("postgres");
    if (getuid() == 0 && chown(folder, pw->pw_uid, pw->pw_gid) != 0) { abort(); }
    char data[80];
    snprintf(data, sizeof data, "%s/data", folder);
    const char *args[] = { "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
                           "--no-sync", NULL };
    int status = -1;
    waitpid(spawn("initdb", args), &status, 0);
    if (status != 0) {
        fprintf(stderr, "initdb in %s failed\n", folder);
        abort();
    }
    pg_server_resume();
    return true;
}

void pg_server_stop(void)
{
    pn_error err;
    if (server) { pg_server_crash(); }
    if (folder[0] && pn_remove_tree(folder, &err) != 0) { fprintf(stderr, "%s\n", err.msg); }
}

long pg_server_ask(const char *sql)
{
    PGconn *c = connect_owner();
    PGresult *res = PQexec(c, sql);
    if (PQresultStatus(res) != PGRES_TUPLES_OK && PQresultStatus(res) != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s: %s", sql, PQresultErrorMessage(res));
        abort();
    }
    long n = PQntuples(res) > 0 ? strtol(PQgetvalue(res, 0, 0), NULL, 10) : 0;
    PQclear(res);
    PQfinish(c);
    return n;
}

void pg_server_new_database(char *conninfo, size_t n)
{
    static int last;
    char sql[40];
    snprintf(sql, sizeof sql, "CREATE SCHEMA t%d", ++last);
    pg_server_ask(sql);
    snprintf(conninfo, n, "host=%s user=postgres dbname=postgres options='-c search_path=t%d'",
             folder, last);
}
