using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Writ.Client;

/// <summary>The command: started once, on our own terminal, with its own environment.</summary>
internal sealed partial class ChildProcess(RunOptions options) : IDisposable
{
    private const int NoSuchFile = 2; // ENOENT
    private const int Terminate = 15; // SIGTERM
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Lock _life = new();
    private Process? _process; // null before the start and after the end; under _life

    /// <summary>Runs it to its end. When we are cancelled it is asked to end, and killed if it does not.</summary>
    internal async Task<int> RunAsync(RunEndpoint endpoint, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(options.Program, options.Arguments) { UseShellExecute = false };
        start.Environment.Clear();
        foreach (var (name, value) in RunEnvironment.For(options.Environment, options.SecretFiles, endpoint))
            start.Environment[name] = value;

        Process process;
        try
        {
            lock (_life)
                process = _process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            options.Say($"writ: {options.Program} cannot be started: {e.Message}");
            return e.NativeErrorCode == NoSuchFile ? WritRun.NotFound : WritRun.CannotStart;
        }

        using (process)
        {
            try
            {
                await process.WaitForExitAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                await EndAsync(process);
            }

            lock (_life)
                _process = null;
            return process.ExitCode;
        }
    }

    /// <summary>Passes a signal on. False when there is nobody to pass it to.</summary>
    internal bool Signal(int number)
    {
        lock (_life)
        {
            // Not reaped yet, since _process is cleared only after the wait: the number is still the child's.
            return _process is { } process && !process.HasExited && Kill(process.Id, number) == 0;
        }
    }

    public void Dispose()
    {
        lock (_life)
            _process = null;
    }

    private async Task EndAsync(Process process)
    {
        Signal(Terminate);
        using var grace = new CancellationTokenSource(Grace, options.Client.Time);
        try
        {
            await process.WaitForExitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
