//! bearer_token
