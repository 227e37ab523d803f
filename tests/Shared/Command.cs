using System.Diagnostics;

namespace Writ.Testing;

/// <summary>What a program said, run to its end within a limit; at the limit it and its children are killed.</summary>
public sealed record Command(int ExitCode, string Output, string Errors)
{
    public static async Task<Command> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? folder = null,
        TimeSpan? limit = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = folder ?? Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var bound = new CancellationTokenSource(limit ?? TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(
                $"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end in time. It said:\n"
                + $"{await output}\n{await errors}",
                late);
        }

        return new Command(process.ExitCode, await output, await errors);
    }

    /// <summary>What it printed; a test failure with its words unless it ended with 0.</summary>
    public string Succeeded() =>
        ExitCode == 0 ? Output : throw new InvalidOperationException($"Ended with {ExitCode}:\n{Output}\n{Errors}");
}
