namespace Writ.Testing;

/// <summary>Runs a script of tests/interop: clients that we did not write, held against the broker.</summary>
public static class Node
{
    /// <summary>Runs it to its end; its exit code is the caller's to judge.</summary>
    /// <param name="script">Its name, as in <c>token-exchange.js</c>.</param>
    /// <param name="arguments">What the script finds from <c>process.argv[2]</c> on.</param>
    /// <param name="environment">Variables on top of the test's own.</param>
    /// <param name="limit">After it the script is killed; a minute unless told.</param>
    public static async Task<Command> RunAsync(
        string script,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        TimeSpan? limit = null)
    {
        var folder = Repository.At("tests/interop");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
        {
            throw new InvalidOperationException("The npm packages are missing: run 'eng/install && eng/interop'.");
        }

        return await Command.RunAsync("node", [Path.Combine(folder, script), .. arguments], environment, folder, limit);
    }
}
