using System.Runtime.InteropServices;

namespace Writ.Client;

/// <summary>
/// Passes the signals that people and supervisors send on to the child, instead of dying of them: the run ends when the
/// child does.
/// </summary>
internal sealed partial class SignalForwarding : IDisposable
{
    private const int Interrupt = 2;
    private const int StandardInput = 0;

    private static readonly (PosixSignal Signal, int Number)[] Forwarded =
    [
        (PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, Interrupt), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15),
    ];

    private readonly CancellationTokenSource _early = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly ChildProcess _child;

    internal SignalForwarding(ChildProcess child)
    {
        _child = child;
        foreach (var (signal, number) in Forwarded)
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Handle(number);
            }));
        }
    }

    /// <summary>Cancelled by a signal that came before there was a child.</summary>
    internal CancellationToken Early => _early.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _early.Dispose();
    }

    private void Handle(int number)
    {
        // Ctrl-C at a terminal reaches every process in its foreground: sent again, it would interrupt the clean-up
        // that the first one began.
        if (number == Interrupt && ForegroundGroup(StandardInput) == OwnGroup() && _child.Signal(0))
            return;
        if (!_child.Signal(number))
            _early.Cancel();
    }

    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ForegroundGroup(int descriptor);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OwnGroup();
}
