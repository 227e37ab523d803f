using System.Diagnostics;
using System.Text.Json;
using Writ.Bench.Load;

namespace Writ.Bench.Rego;

/// <summary>Runs <c>opa bench</c> on the same files, where there is an <c>opa</c> on the path.</summary>
internal static class OpaCommand
{
    private static readonly string? Program = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':').Select(folder => Path.Combine(folder, "opa")).FirstOrDefault(File.Exists);

    /// <summary>Its time for the first input, which is the only one that it takes; null without the program.</summary>
    public static LoadResult? Measure(RegoCase one)
    {
        if (Program is null)
            return null;
        var folder = Directory.CreateTempSubdirectory("writ-bench-");
        try
        {
            string[] files = [Write("policy.rego", one.Policy), Write("data.json", one.Data)];
            var input = Write("input.json", one.Inputs[0]);
            using var process = Process.Start(new ProcessStartInfo(
                Program, ["bench", "-d", files[0], "-d", files[1], "-i", input, "--format", "json", one.Query])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            })!;
            var error = process.StandardError.ReadToEndAsync();
            using var answer = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"opa bench failed: {error.GetAwaiter().GetResult()}");
            var root = answer.RootElement;
            var each = root.GetProperty("T").GetDouble() / root.GetProperty("N").GetDouble() / 1000;
            return new LoadResult(1e6 / each, each, each, each, 0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        string Write(string name, string text)
        {
            var path = Path.Combine(folder.FullName, name);
            File.WriteAllText(path, text);
            return path;
        }
    }
}
