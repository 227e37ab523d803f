namespace Writ.Bench.Decisions;

/// <summary>Finds a peer's program: on the path, else among the npm packages of benchmarks/peers.</summary>
internal static class ServerFinder
{
    public static string? Find(string name, string? package)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(f => Path.Combine(f, name));
        var repository = Environment.GetEnvironmentVariable("WRIT_REPO");
        if (package is not null && repository is not null)
            path = path.Append(Path.Combine(repository, "benchmarks", "peers", "node_modules", package));
        var found = path.FirstOrDefault(File.Exists);
        if (found is null) Console.Error.WriteLine($"{name} is not installed: not measured beside it.");
        return found;
    }
}
