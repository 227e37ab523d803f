using Writ.Rego.Tests.Conformance;
using Xunit.Runner.InProc.SystemConsole;

// eng/rego-conformance runs cases that the tests know nothing of: it is this executable under another name.
return args switch
{
    [ConformanceRun.Name, "--passing", .. var folders] => ConformanceRun.PrintPassing(folders),
    [ConformanceRun.Name, .. var folders] => ConformanceRun.Print(folders),
    _ => await ConsoleRunner.Run(args),
};
