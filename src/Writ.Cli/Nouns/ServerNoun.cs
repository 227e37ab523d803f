using System.CommandLine;
using System.Diagnostics;
using Writ.Cli.Printing;
using Writ.Cli.Profiles;

namespace Writ.Cli.Nouns;

/// <summary><c>writ server</c>: starts the broker, and lets its first operator in.</summary>
internal static class ServerNoun
{
    public static Command Create(Verbs verbs) => new("server", "The broker on this machine.")
    {
        Start(verbs),
        Init(verbs),
        Restore(verbs),
        ResetPolicy(verbs),
    };

    private static Command Start(Verbs verbs)
    {
        var arguments = new Argument<string[]>("arguments")
        {
            Description = "What writ-server is told, after --: --config FILE, --listen ADDRESS, --data-dir DIR…",
            Arity = ArgumentArity.ZeroOrMore,
        };
        return verbs.Ending("start", "Runs writ-server until it is stopped.",
            call => RunAsync(call, call.Get(arguments)), arguments);
    }

    private static Command Restore(Verbs verbs)
    {
        var arguments = new Argument<string[]>("arguments")
        {
            Description = "What writ-server start is told, after --: the same configuration.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        return verbs.Ending(
            "restore",
            "Makes a store from a backup fit to be served: revokes all that was ever issued, refuses old proofs.",
            async call =>
            {
                await call.ConfirmAsync("Revoke everything that this broker ever issued?", call.Get(yes));
                return await RunAsync(call, ["restore", .. call.Get(arguments)]);
            },
            arguments, yes);
    }

    private static Command ResetPolicy(Verbs verbs)
    {
        var arguments = new Argument<string[]>("arguments")
        {
            Description = "What writ-server start is told, after --: the same configuration.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        return verbs.Ending(
            "reset-policy",
            "Puts the shipped policy in force, when the one that is refuses even its own rollback.",
            call => RunAsync(call, ["reset-policy", .. call.Get(arguments)]),
            arguments);
    }

    private static async Task<int> RunAsync(Call call, string[] arguments)
    {
        // It shares the terminal: Ctrl-C reaches it directly, and it ends in its own time.
        var start = new ProcessStartInfo(Executables.Server(call.Outside), arguments);
        using var server = Process.Start(start)
            ?? throw new UnableException("writ-server did not start.");
        await using var end = call.Cancel.Register(() => Signals.Terminate(server));
        await server.WaitForExitAsync(CancellationToken.None);
        return server.ExitCode;
    }

    private static Command Init(Verbs verbs)
    {
        var socket = new Option<string?>("--socket")
        {
            Description = "The broker's bootstrap socket; by default bootstrap.sock in --data-dir.",
            HelpName = "FILE",
        };
        var data = new Option<string>("--data-dir")
        {
            Description = "The broker's data folder.",
            HelpName = "DIR",
            DefaultValueFactory = _ => ".writ",
        };
        return verbs.Of("init", "Prints the one-time code that lets the first operator in.", async call =>
        {
            var path = call.Get(socket) ?? Path.Combine(call.Get(data)!, "bootstrap.sock");
            var answer = await BootstrapSocket.AskAsync(Path.GetFullPath(path, call.Outside.Folder), call.Cancel);
            var addr = (string?)answer["issuer"] ?? Session.AddrOf(call.Home, call.Outside);
            OneTimeCode.Print(call, answer, $"writ login {addr} --name YOU");
        }, socket, data);
    }
}
