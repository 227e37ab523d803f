namespace Writ.Cli;

/// <summary>The programs that ship beside this one.</summary>
internal static class Executables
{
    public static string Server(Surroundings outside) => Find(outside, "WRIT_SERVER_EXE", "writ-server");

    public static string Orders(Surroundings outside) => Find(outside, "WRIT_ORDERS_EXE", "orders-api");

    private static string Find(Surroundings outside, string variable, string name)
    {
        var path = outside.Variable(variable) ?? Path.Combine(AppContext.BaseDirectory, name);
        return File.Exists(path)
            ? path
            : throw new UnableException($"{name} is not there ({path}): install it beside writ, or set {variable}.");
    }
}
