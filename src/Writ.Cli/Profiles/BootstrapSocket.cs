using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Client;

namespace Writ.Cli.Profiles;

/// <summary>The Unix socket (0600) by which a broker without operators lets the first one in.</summary>
internal static class BootstrapSocket
{
    /// <summary>Asks for the one-time code.</summary>
    /// <exception cref="UnableException">Nobody listens there: a broker with an owner closes it.</exception>
    /// <exception cref="WritException">There is an owner already, and the socket is still open.</exception>
    public static async Task<JsonObject> AskAsync(string path, CancellationToken cancel)
    {
        using var transport = new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        using var http = new HttpClient(transport) { Timeout = Session.Patience };
        try
        {
            using var answer = await http.PostAsync(new Uri("http://localhost/code"), content: null, cancel);
            var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancel)) as JsonObject ?? [];
            return answer.IsSuccessStatusCode
                ? body
                : throw new WritException(
                    (string?)body["code"] ?? "conflict",
                    (string?)body["detail"] ?? "The broker gave no reason.")
                {
                    Status = (int)answer.StatusCode,
                };
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or ArgumentException)
        {
            throw new UnableException(
                $"No broker waits for its first operator at {path}: start it (writ server start), as its own user, "
                + "or ask an operator to run `writ operator enrol`.");
        }
    }
}
