using System.CommandLine;
using Writ.Client;

namespace Writ.Cli.Dev;

/// <summary><c>writ dev</c>: a whole Writ on this machine, and one task from its beginning to its end.</summary>
internal static class DevVerb
{
    private const int DefaultPort = 8420;

    public static Command Create(Verbs verbs)
    {
        var exit = new Option<bool>("--exit") { Description = "Ends after the sample; with 1 if a step went wrong." };
        var folder = new Option<string>("--dir")
        {
            Description = "Where everything is kept.",
            HelpName = "DIR",
            DefaultValueFactory = _ => ".writ",
        };
        var port = new Option<int?>("--port")
        {
            Description = $"The broker's port; {DefaultPort} if it is free.",
            HelpName = "N",
        };
        return verbs.Ending("dev", "Starts a broker and a sample API here, and runs one task before your eyes.", call =>
        {
            var dev = new DevFolder(Path.GetFullPath(call.Get(folder)!, call.Outside.Folder));
            if (call.Get(port) is { } wanted && !Ports.IsFree(wanted))
                throw new UnableException($"Port {wanted} is taken.");
            return RunAsync(call, dev, call.Get(port) ?? Ports.FreeOr(DefaultPort), call.Get(exit));
        }, exit, folder, port);
    }

    private static async Task<int> RunAsync(Call call, DevFolder folder, int port, bool exits)
    {
        folder.Create();
        await using var turn = Take(folder);
        var story = new Story(call.Outside.Out, call.Outside.IsTerminal);
        await using var stage = await DevStage.SetAsync(call.Outside, folder, port, story, call.Cancel);
        var isRight = await PlayAsync(stage, story, call);
        if (exits)
            return isRight ? ExitCode.Yes : ExitCode.Error;

        Invite(stage, story, call.Outside);
        var stopped = Task.Delay(Timeout.Infinite, call.Cancel);
        if (await Task.WhenAny(stopped, stage.Broken) == stopped)
        {
            story.Plain("\nStopped.");
            return isRight ? ExitCode.Yes : ExitCode.Error;
        }

        story.Fault($"A process ended by itself: its last words are in {folder.Path}.");
        return ExitCode.Error;
    }

    private static async Task<bool> PlayAsync(DevStage stage, Story story, Call call)
    {
        try
        {
            await new SampleTask(stage, story, call.Outside.Time).RunAsync(call.Cancel);
            return true;
        }
        catch (Exception e) when (e is SampleFaultException or WritException or HttpRequestException)
        {
            story.Fault(e.Message);
            if (e is WritException { Code: "identity_not_active" })
                story.Plain("    Undo it: writ identity resume NAME; or begin anew: writ dev --dir DIR");
            return false;
        }
    }

    private static void Invite(DevStage stage, Story story, Surroundings outside)
    {
        var writ = outside.Variable("WRIT_REPO") == outside.Folder ? "./writ" : "writ";
        story.Title($"Writ is up at {stage.Issuer}");
        story.Plain("  Ctrl-C stops it. In another terminal:");
        story.Command($"export WRIT_HOME={stage.Folder.Operator.Folder}", "");
        story.Command($"{writ} task show {stage.LastTask}", "what it was given, and how it died");
        story.Command($"{writ} audit list --task {stage.LastTask}", "every decision, with its reason");
        story.Command($"{writ} lock identity agent/worker --reason curious", "stop an agent at once");
        story.Command($"{writ} identity resume agent/worker", "and let it in again");
        story.Plain($"  Logs: {stage.Folder.ServerLog}, {stage.Folder.OrdersLog}");
    }

    // Two brokers on one store that does not know of replicas would each miss the other's revocations.
    private static FileStream Take(DevFolder folder)
    {
        try
        {
            return new FileStream(folder.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new UnableException($"Another `writ dev` is at work in {folder.Path}: stop it, or use --dir.");
        }
    }
}
