using Writ.Rego.Values;

namespace Writ.Rego.Tests.Conformance;

/// <summary>Runs every case below some folders; a folder named v0 in a file's path means the old syntax.</summary>
public static class ConformanceRun
{
    /// <summary>The first argument that asks for it.</summary>
    public const string Name = "conformance";

    /// <summary>Prints a line for each failing case, then <c>N passed, N failed</c>.</summary>
    public static int Print(string[] folders)
    {
        var (passed, failed) = (0, 0);
        foreach (var one in folders.SelectMany(Find))
        {
            if (one.Run() is { } problem)
            {
                failed++;
                Console.WriteLine($"{one.Id}: {problem}");
            }
            else
            {
                passed++;
            }
        }

        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    /// <summary>Prints the names of those that pass, as <c>passing.txt</c> has them.</summary>
    public static int PrintPassing(string[] folders)
    {
        foreach (var one in folders.SelectMany(Find).Where(one => one.Run() is null))
        {
            Console.WriteLine(one.Id);
        }

        return 0;
    }

    /// <summary>All cases below a folder, in the order of their files.</summary>
    public static IEnumerable<ConformanceCase> Find(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml" or ".json").Order(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (Yaml.Read(File.ReadAllText(file)) is not RegoObject content
                || !content.TryGet("cases", out var cases) || cases is not RegoArray list)
            {
                continue;
            }

            var version = Path.GetFullPath(file).Split('/').Contains("v0", StringComparer.Ordinal)
                ? RegoVersion.V0
                : RegoVersion.V1;
            var name = Path.GetRelativePath(folder, file);
            foreach (var (index, one) in list.Span.ToArray().Index())
            {
                var fields = (RegoObject)one;
                var note = (RegoString)fields["note".ToRego()];
                yield return new ConformanceCase($"{name}#{index} {note.Value}", version, fields);
            }
        }
    }
}
