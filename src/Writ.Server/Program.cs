using System.Data.Common;
using System.Net.Sockets;
using System.Security.Cryptography;
using Writ.Server;
using Writ.Server.Edge;

try
{
    await (args switch
    {
        ["restore", .. var rest] => Broker.RestoreAsync(ServerOptions.Read(rest), TimeProvider.System),
        ["reset-policy", .. var rest] => Broker.ResetPolicyAsync(ServerOptions.Read(rest), TimeProvider.System),
        _ => Broker.RunAsync(ServerOptions.Read(args), TimeProvider.System),
    });
    return 0;
}
catch (Exception e) when (e is FormatException or InvalidOperationException or IOException or SocketException
    or UnauthorizedAccessException or CryptographicException or DbException)
{
    await Console.Error.WriteLineAsync($"writ-server: {e.Message}");
    return 1;
}
