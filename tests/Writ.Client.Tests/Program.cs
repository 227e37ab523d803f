using Writ.Client.Tests;
using Xunit.Runner.InProc.SystemConsole;

// Signals, kill -9 and "not a descendant" need a process of its own: it is this executable under another name.
return args switch
{
    [RunHost.Name, .. var rest] => await RunHost.RunAsync(rest),
    [SpoolHost.Name, var folder] => await SpoolHost.RunAsync(folder),
    _ => await ConsoleRunner.Run(args),
};
